import { isNamedValues } from '../sql/is-named-values.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** A statement as it is recorded. */
export interface Question {
  readonly text: string
  readonly parameters: readonly unknown[] | undefined
}

/** What is known of a `query` where it is called. */
interface QueryCall {
  readonly text: unknown
  readonly values: unknown
  /** True where `:name` is a placeholder; undefined where that is not known. */
  readonly isNamed: boolean | undefined
  /** The text with the values written into it, which is what the server gets. */
  readonly written: () => string
}

/**
 * Text and values of a `query`, which the driver writes into the text. The text with its placeholders says more: its
 * values have their types, and equal texts are read once. Where a placeholder stands for more than a value (an
 * identifier, an assignment list, rows, raw SQL), the written text is the statement.
 */
export function questionOf({ text, values, isNamed, written }: QueryCall): Question {
  const given = String(text)
  if (values === undefined || values === null) return { text: given, parameters: undefined }
  if (isNamedValues(values)) {
    const isByName = isNamed ?? !given.includes('?')
    return isByName ? namedQuestionOf(given, values) : { text: written(), parameters: undefined }
  }
  const parameters: readonly unknown[] = Array.isArray(values) ? values : [values]
  if (parameters.length === 0) return { text: given, parameters: undefined }
  return isPlain(given, parameters) ? { text: given, parameters } : { text: written(), parameters: undefined }
}

const NAMES = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|:([a-z_]\w*)/gi

/** Text with named placeholders, and their values in the order in which they stand in it. */
export function namedQuestionOf(text: string, values: Readonly<Record<string, unknown>>): Question {
  const parameters: unknown[] = []
  for (const [, name] of text.matchAll(NAMES)) if (name !== undefined) parameters.push(values[name])
  return { text, parameters: parameters.length === 0 ? undefined : parameters }
}

function isComplex(value: unknown): boolean {
  if (typeof value !== 'object') return typeof value === 'function'
  return value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)
}

/** True where each placeholder stands for one value, or for the list of an `in`. */
function isPlain(text: string, parameters: readonly unknown[]): boolean {
  let lists = 0
  for (const parameter of parameters) {
    if (!isComplex(parameter)) continue
    if (!Array.isArray(parameter) || parameter.length === 0 || parameter.some(isComplex)) return false
    lists++
  }
  if (lists > 0 && (text.match(/\bin\s*\(\s*\?\s*\)/gi)?.length ?? 0) !== lists) return false
  return countMarks(text) === parameters.length
}

/** Question marks; none where one is doubled, which stands for an identifier. */
function countMarks(text: string): number {
  let count = 0
  for (let at = text.indexOf('?'); at !== -1; at = text.indexOf('?', at + 1)) {
    if (text.charCodeAt(at + 1) === 63) return -1
    count++
  }
  return count
}

/** Text and values of a call of `query` or `execute` on a pool, read as the driver does. */
export function pooledQuestionOf(pool: Any, sql: Any, values: Any, isExecute: boolean): Question {
  const text = typeof sql === 'string' ? sql : sql.sql
  const isGiven = values !== undefined && typeof values !== 'function'
  // `execute` prefers the values of the options, `query` those of the call
  const given = typeof sql === 'string' ? values : isExecute ? (sql.values ?? values) : isGiven ? values : sql.values
  const bound = typeof given === 'function' ? undefined : given
  const config = pool?.config?.connectionConfig
  if (isExecute && !isNamedValues(bound))
    return { text: String(text), parameters: Array.isArray(bound) ? bound : undefined }
  if (isExecute) return namedQuestionOf(String(text), bound)
  const isNamed = (typeof sql === 'string' ? undefined : sql.namedPlaceholders) ?? config?.namedPlaceholders
  const canWrite = typeof pool?.format === 'function' && typeof config?.queryFormat !== 'function'
  const written = (): string => (canWrite ? pool.format(text, bound) : String(text))
  return questionOf({ text, values: bound, isNamed, written })
}

/** Text and values of a command that `Connection.query` or `execute` has made, or a prepared statement. */
export function commandQuestionOf(command: Any, connection: Any): Question {
  if (command._executeOptions !== undefined) {
    const { values } = command
    const text = command.sql ?? command.statement?.query
    return { text: String(text), parameters: Array.isArray(values) && values.length > 0 ? values : undefined }
  }
  const written = String(command.sql)
  if (typeof connection?.config?.queryFormat === 'function') return { text: written, parameters: undefined }
  const { sql: text, values, namedPlaceholders } = command._queryOptions
  const isNamed = namedPlaceholders ?? (command.namedPlaceholders || connection?.config?.namedPlaceholders)
  return questionOf({ text, values, isNamed, written: () => written })
}
