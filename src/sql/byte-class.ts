/** Classes of bytes, by what a token that begins with one may be; 0 is what no dialect uses. */
export const SPACE = 1
export const WORD = 2
export const DIGIT = 3
export const STRING = 4
export const DOUBLE_QUOTE = 5
export const BACKTICK = 6
/** A token of its own wherever it stands. */
export const SINGLE = 7
export const OPERATOR = 8
export const DOT = 9
export const COLON = 10
export const DOLLAR = 11
export const AT = 12
export const HASH = 13
export const BRACKET = 14
export const MINUS = 15
export const SLASH = 16
export const QUESTION = 17
export const PERCENT = 18
export const STAR = 19

/** Class of each byte; beyond ASCII, every byte is part of a word. */
export const classOf: Uint8Array = new Uint8Array(256).fill(WORD, 128)

function setClass(chars: string, value: number): void {
  for (const char of chars) classOf[char.charCodeAt(0)] = value
}

for (let code = 1; code <= 32; code++) classOf[code] = SPACE
setClass('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', WORD)
setClass('0123456789', DIGIT)
setClass("'", STRING)
setClass('"', DOUBLE_QUOTE)
setClass('`', BACKTICK)
setClass('(),;]', SINGLE)
setClass('+<>=~!^&|', OPERATOR)
setClass('.', DOT)
setClass(':', COLON)
setClass('$', DOLLAR)
setClass('@', AT)
setClass('#', HASH)
setClass('[', BRACKET)
setClass('-', MINUS)
setClass('/', SLASH)
setClass('?', QUESTION)
setClass('%', PERCENT)
setClass('*', STAR)
