import { NonplusError } from '../model/errors.ts'
import type { FindingStatement } from '../model/finding.ts'
import { validNameHint } from '../model/nearest.ts'
import type { StatementKind } from '../model/statement.ts'
import type { Query } from './measure.ts'

/** Which queries an assertion looks at; all where nothing is said. What is said must hold together. */
export interface QueryFilter {
  /** `'select'`, or several: `['insert', 'update']`. */
  readonly kind?: StatementKind | readonly StatementKind[]
  /** Table that is named in the statement, with or without its schema, or any of several; case does not matter. */
  readonly table?: string | readonly string[]
  /**
   * A part of the statement, or a pattern for it. Held against the text, its literals replaced, and against its
   * fingerprint (lower case, one space between words, `?` for each value), since the text of an ORM may be laid out anyhow.
   */
  readonly matching?: string | RegExp
}

/** Names of the options of a {@link QueryFilter}. */
export const FILTER_OPTIONS: readonly (keyof QueryFilter)[] = ['kind', 'table', 'matching']

const KINDS: readonly StatementKind[] = [
  'select',
  'insert',
  'update',
  'delete',
  'merge',
  'copy',
  'call',
  'ddl',
  'session',
  'explain',
  'multiple',
  'other',
]

/** @throws NonplusError ERR_OPTION_INVALID where a value can match nothing. */
export function checkFilter({ kind, table, matching }: QueryFilter, call: string): void {
  for (const name of listOf(kind)) {
    if (KINDS.includes(name)) continue
    const reason = name === 'transaction' ? 'BEGIN, COMMIT and the like are never counted.' : validNameHint(name, KINDS)
    throw invalid(call, 'kind', 'the kind of a statement', name, reason)
  }
  for (const name of listOf(table)) {
    if (typeof name !== 'string' || name === '') throw invalid(call, 'table', 'the name of a table', name)
  }
  if (matching !== undefined && !(matching instanceof RegExp) && (typeof matching !== 'string' || matching === '')) {
    throw invalid(call, 'matching', 'a text or a regular expression', matching)
  }
}

/** Whether a query is among those that are looked at. */
export function isWanted(query: Query, { kind, table, matching }: QueryFilter): boolean {
  return (
    (kind === undefined || listOf(kind).includes(query.kind)) &&
    (table === undefined || listOf(table).some((name) => query.tables.some((given) => isSameTable(given, name)))) &&
    (matching === undefined || matches(query, matching))
  )
}

/** The filter in words, to stand after a count: ` of kind select on users`. */
export function filterWords({ kind, table, matching }: QueryFilter): string {
  const kinds = kind === undefined ? '' : ` of kind ${listOf(kind).join(' or ')}`
  const tables = table === undefined ? '' : ` on ${listOf(table).join(' or ')}`
  const pattern = matching === undefined ? '' : ` matching ${matching instanceof RegExp ? matching : `'${matching}'`}`
  return kinds + tables + pattern
}

/** @param name of a table as asked for: with a schema it must be that one. */
export function isSameTable(given: string, name: string): boolean {
  const [a, b] = [given.toLowerCase(), name.toLowerCase()]
  return a === b || a.endsWith(`.${b}`)
}

function matches({ text, fingerprint }: Query, pattern: string | RegExp): boolean {
  if (typeof pattern === 'string') {
    const part = pattern.toLowerCase()
    return text.toLowerCase().includes(part) || fingerprint.includes(part)
  }
  return matchesPattern({ text, fingerprint }, pattern)
}

/** Whether a pattern is found in the text of a statement, its literals replaced, or in its fingerprint. */
export function matchesPattern(
  { text, fingerprint }: Pick<FindingStatement, 'text' | 'fingerprint'>,
  { source, flags }: RegExp,
): boolean {
  // one with the flag g or y remembers where it was
  const fresh = new RegExp(source, flags.replaceAll(/[gy]/g, ''))
  return fresh.test(text) || fresh.test(fingerprint)
}

function listOf<Value extends string>(value: Value | readonly Value[] | undefined): readonly Value[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : (value as readonly Value[])
}

function invalid(call: string, option: string, expected: string, got: unknown, reason = ''): NonplusError {
  const shown = typeof got === 'string' ? `'${got}'` : String(got)
  return new NonplusError(
    'ERR_OPTION_INVALID',
    `\`${option}\` of ${call} must be ${expected}, but got: ${shown}. ${reason}`.trim(),
  )
}
