/** Kind of a token. */
export type TokenType = number

export const END: TokenType = 0
/** Keyword or unquoted name. */
export const WORD: TokenType = 1
export const QUOTED_NAME: TokenType = 2
export const STRING: TokenType = 3
export const NUMBER: TokenType = 4
export const PLACEHOLDER: TokenType = 5
export const OPERATOR: TokenType = 6
export const OPEN: TokenType = 7
export const CLOSE: TokenType = 8
export const COMMA: TokenType = 9
export const DOT: TokenType = 10
export const SEMICOLON: TokenType = 11
export const BRACKET_OPEN: TokenType = 12
export const BRACKET_CLOSE: TokenType = 13
/** `::` */
export const CAST: TokenType = 14
/** `*` that stands for all columns. */
export const STAR: TokenType = 15
/** Anything that no dialect uses outside quotes. */
export const OTHER: TokenType = 16
