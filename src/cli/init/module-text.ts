type Tokenizer = typeof import('js-tokens').default

let jsTokens: Tokenizer | undefined

/** Must resolve before a text is read: the tokenizer is an ES module, and the build, being CommonJS, can only import it. */
export async function loadTokenizer(): Promise<void> {
  jsTokens ??= (await import('js-tokens')).default
}

/** A token that means something: no space, no comment. */
export interface CodeToken {
  readonly type: string
  readonly value: string
  readonly start: number
  readonly end: number
  /** Brackets it is in. */
  readonly depth: number
}

/** A text of JavaScript or TypeScript, in tokens. */
export interface ModuleText {
  readonly text: string
  readonly tokens: readonly CodeToken[]
}

const SPACE = new Set([
  'WhiteSpace',
  'LineTerminatorSequence',
  'SingleLineComment',
  'MultiLineComment',
  'HashbangComment',
])
const OPENING = new Set(['{', '[', '('])
const CLOSING = new Set(['}', ']', ')'])

/** Reads a text; undefined where its brackets do not match, or something in it was not understood. */
export function readModule(text: string): ModuleText | undefined {
  if (jsTokens === undefined) throw new Error('loadTokenizer() has not resolved yet.')
  const tokens: CodeToken[] = []
  let [start, depth] = [0, 0]
  for (const token of jsTokens(text)) {
    const { type, value } = token
    if (type === 'Invalid' || ('closed' in token && !token.closed)) return undefined
    const isClosing = CLOSING.has(value) || type === 'TemplateMiddle' || type === 'TemplateTail'
    if (isClosing) depth--
    if (depth < 0) return undefined
    if (!SPACE.has(type)) tokens.push({ type, value, start, end: start + value.length, depth })
    if (OPENING.has(value) || type === 'TemplateHead' || type === 'TemplateMiddle') depth++
    start += value.length
  }
  return depth === 0 ? { text, tokens } : undefined
}

/** True where a module is named in the text: in an import or in `require`. */
export function names(module: ModuleText, specifier: string): boolean {
  return module.tokens.some(({ type, value }) => type === 'StringLiteral' && value.slice(1, -1) === specifier)
}

/** True where an identifier stands in the text. */
export function uses(module: ModuleText, name: string): boolean {
  return module.tokens.some(({ type, value }) => type === 'IdentifierName' && value === name)
}

/** Index of the bracket that closes the one at `open`. */
export function closingOf({ tokens }: ModuleText, open: number): number {
  const depth = tokens[open]?.depth
  return tokens.findIndex((token, index) => index > open && token.depth === depth)
}

/** Puts text at places of a text. */
export function insertAt(text: string, insertions: readonly { readonly at: number; readonly text: string }[]): string {
  return [...insertions]
    .sort((a, b) => b.at - a.at)
    .reduce((result, { at, text: added }) => result.slice(0, at) + added + result.slice(at), text)
}

/** True where the value after these tokens' index matches, as `['export', 'default']`. */
export function matches({ tokens }: ModuleText, index: number, values: readonly string[]): boolean {
  return values.every((value, offset) => tokens[index + offset]?.value === value)
}
