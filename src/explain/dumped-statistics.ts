import { NonplusError } from '../model/errors.ts'
import * as T from '../sql/tokenizer.ts'
import type { ColumnStatistics, DatabaseStatistics, RelationStatistics } from './database-statistics.ts'
import { type SqlToken, sqlTokens, stringValue } from './sql-tokens.ts'

/** Named arguments of one call, as texts. */
type Arguments = ReadonlyMap<string, string>

/**
 * Reads the SQL of `pg_dump --statistics-only`: its calls of pg_restore_relation_stats and pg_restore_attribute_stats. It is
 * read, never run.
 *
 * @throws NonplusError `ERR_STATISTICS_INVALID` where a call is cut off, or names no table.
 */
export function dumpedStatistics(text: string): DatabaseStatistics {
  const relations = new Map<string, RelationStatistics & { columns: ColumnStatistics[] }>()
  const found = callsIn(sqlTokens(text, 'postgresql'))
  for (const { isOfColumn, given } of found) {
    const schema = needed(given, 'schemaname')
    const name = needed(given, 'relname')
    const key = JSON.stringify([schema, name])
    const known = relations.get(key) ?? { schema, name, pages: 0, rows: -1, allVisiblePages: 0, columns: [] }
    relations.set(key, isOfColumn ? known : { ...known, ...sizesOf(given) })
    if (isOfColumn) known.columns.push(columnOf(given))
  }
  const version = /^-- Dumped from database version (\S+)/m.exec(text)?.[1] ?? ''
  return { serverVersion: version, isStripped: false, settings: {}, relations: [...relations.values()] }
}

function callsIn(tokens: readonly SqlToken[]): { isOfColumn: boolean; given: Arguments }[] {
  return tokens.flatMap(({ type, word }, at) => {
    const match = type === T.WORD ? /^pg_restore_(relation|attribute)_stats$/.exec(word) : null
    return match === null ? [] : [{ isOfColumn: match[1] === 'attribute', given: argumentsFrom(tokens, at + 1) }]
  })
}

/** Reads `( 'name', 'value'::type, … )`. */
function argumentsFrom(tokens: readonly SqlToken[], open: number): Arguments {
  const parts: string[][] = [[]]
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const { type, text } = tokens[at] as SqlToken
    if (type === T.OPEN) depth++
    if (type === T.CLOSE && --depth === 0) return named(parts.map(([first = '']) => literalValue(first)))
    if (type === T.COMMA && depth === 1) parts.push([])
    else if (type !== T.OPEN) parts.at(-1)?.push(text)
  }
  throw invalid('its last call is cut off')
}

function literalValue(written: string): string {
  return stringValue(written) ?? stringValue(written.replace(/^e/i, '').replaceAll('\\\\', '\\')) ?? written
}

function named(values: readonly string[]): Arguments {
  const pairs = new Map<string, string>()
  for (let at = 0; at + 1 < values.length; at += 2) pairs.set(values[at] as string, values[at + 1] as string)
  return pairs
}

function needed(given: Arguments, name: string): string {
  const value = given.get(name)
  if (value === undefined) throw invalid(`a call of it has no "${name}"`)
  return value
}

function sizesOf(given: Arguments): Pick<RelationStatistics, 'pages' | 'rows' | 'allVisiblePages'> {
  return {
    pages: Number(given.get('relpages') ?? 0),
    rows: Number(given.get('reltuples') ?? -1),
    allVisiblePages: Number(given.get('relallvisible') ?? 0),
  }
}

const TEXTS = {
  commonValues: 'most_common_vals',
  commonFrequencies: 'most_common_freqs',
  histogram: 'histogram_bounds',
  commonElements: 'most_common_elems',
  commonElementFrequencies: 'most_common_elem_freqs',
  elementCounts: 'elem_count_histogram',
} as const

function columnOf(given: Arguments): ColumnStatistics {
  const texts = Object.entries(TEXTS).flatMap(([name, key]) => {
    const value = given.get(key)
    return value === undefined ? [] : [[name, value] as const]
  })
  const correlation = given.get('correlation')
  return {
    column: needed(given, 'attname'),
    isInherited: /^t/i.test(given.get('inherited') ?? ''),
    nullFraction: Number(given.get('null_frac') ?? 0),
    averageWidth: Number(given.get('avg_width') ?? 0),
    distinct: Number(given.get('n_distinct') ?? 0),
    ...Object.fromEntries(texts),
    ...(correlation === undefined ? {} : { correlation: Number(correlation) }),
  }
}

function invalid(reason: string): NonplusError {
  return new NonplusError('ERR_STATISTICS_INVALID', `Expected the SQL of pg_dump --statistics-only, but ${reason}.`)
}
