import * as T from '../sql/tokenizer.ts'

/** The LIMIT of a statement. */
export interface MysqlLimit {
  /** Rows after which it has enough, those of its OFFSET among them. */
  readonly rows: number
  /** What stands before it. */
  readonly before: string
}

/** The LIMIT at the end of a statement; undefined where it has none, or one that is not known. */
export function mysqlLimit(text: string, values: readonly unknown[] = []): MysqlLimit | undefined {
  const tokens = new T.Tokenizer(text, 'mysql')
  let depth = 0
  let placeholders = 0
  let limit: { readonly start: number; readonly numbers: number[] } | undefined
  while (tokens.next()) {
    if (tokens.type === T.OPEN) depth++
    if (tokens.type === T.CLOSE) depth--
    const word = tokens.textOf(tokens.start, tokens.end)
    const bound = tokens.type === T.PLACEHOLDER ? values[placeholders++] : word
    if (depth > 0) continue
    if (tokens.type === T.WORD && /^union$/i.test(word)) limit = undefined
    if (tokens.type === T.WORD && /^limit$/i.test(word)) limit = { start: tokens.start, numbers: [] }
    if (tokens.type === T.PLACEHOLDER || tokens.type === T.NUMBER) limit?.numbers.push(Number(bound))
  }
  const rows = limit?.numbers.reduce((sum, number) => sum + number, 0)
  if (limit === undefined || rows === undefined || !Number.isFinite(rows) || limit.numbers.length === 0)
    return undefined
  return { rows, before: tokens.textOf(0, limit.start) }
}
