import type { RawResult, StatementMessage } from './instrument/message.ts'
import { cellKey } from './model/cell-key.ts'
import type { Statement } from './model/statement.ts'
import type { ResultColumn, ResultSample } from './model/trace.ts'
import type { ValueTable } from './value-table.ts'
import { WantedValues } from './wanted-values.ts'

/** Rows of one result that are looked at: a loop over more would be found by its first ones. */
const MAX_ROWS = 5_000

/** Rows up to which all columns are kept, so that two results can be compared. */
const MAX_COMPARED_ROWS = 500

/** What the sampler is given for each execution with rows. */
export interface SamplerInput {
  readonly messages: readonly StatementMessage[]
  /** How often each shape ran in the scope. */
  readonly counts: ReadonlyMap<Statement, number>
  /** Values of the slots of an execution, as the driver got them. */
  readonly valuesOf: (message: StatementMessage) => readonly unknown[]
  readonly table: ValueTable
}

/**
 * Keeps of the results what a detector can use: columns in which a value stands that a repeated statement was asked
 * for, and whole rows where the same question was asked twice. A request that reads 50,000 rows and repeats nothing
 * pays nothing. Columns are chosen per statement, so that all its results have the same ones.
 */
export function sampleResults({
  messages,
  counts,
  valuesOf,
  table,
}: SamplerInput): Map<StatementMessage, ResultSample> {
  const samples = new Map<StatementMessage, ResultSample>()
  const wanted = new WantedValues()
  const compared = new Set<Statement>()
  const questions = new Set<string>()
  for (const message of messages) {
    const { statement } = message
    if (statement === undefined || (counts.get(statement) ?? 0) < 2) continue
    const values = valuesOf(message)
    for (const value of values) wanted.add(value)
    const question = `${statement.fingerprint}\u001f${values.map((value) => cellKey(table.cellOf(value))).join(',')}`
    if (questions.has(question)) compared.add(statement)
    questions.add(question)
  }
  for (const [statement, group] of groupByStatement(messages)) {
    const columns = group[0]?.driver.columnsOf(group[0].result?.fields) ?? []
    const kept = compared.has(statement) ? columns.map((_, index) => index) : matching(columns, group, wanted)
    if (kept.length === 0) continue
    for (const message of group) samples.set(message, sampleOf(message.result as RawResult, columns, kept, table))
  }
  return samples
}

function groupByStatement(messages: readonly StatementMessage[]): Map<Statement, StatementMessage[]> {
  const groups = new Map<Statement, StatementMessage[]>()
  for (const message of messages) {
    const { statement, result } = message
    if (statement === undefined || result === undefined || result.rows.length === 0) continue
    const group = groups.get(statement)
    if (group === undefined) groups.set(statement, [message])
    else group.push(message)
  }
  return groups
}

function matching(
  columns: readonly ResultColumn[],
  group: readonly StatementMessage[],
  wanted: WantedValues,
): number[] {
  // one row is cheap to keep, and may turn out to be the list of one that grows
  const [only] = group
  if (group.length === 1 && only?.result?.rows.length === 1) return columns.map((_, index) => index)
  if (wanted.isEmpty) return []
  return columns.flatMap(({ name }, index) => {
    const isMatch = group.some(({ result }) => {
      const rows = result?.rows ?? []
      const end = Math.min(rows.length, MAX_ROWS)
      for (let row = 0; row < end; row++) if (wanted.has(cellAt(rows[row], name, index))) return true
      return false
    })
    return isMatch ? [index] : []
  })
}

function sampleOf(
  { rows }: RawResult,
  columns: readonly ResultColumn[],
  kept: readonly number[],
  table: ValueTable,
): ResultSample {
  const limit =
    kept.length === columns.length ? Math.max(MAX_COMPARED_ROWS, Math.floor(MAX_ROWS / kept.length)) : MAX_ROWS
  const sampled = rows.length > limit ? rows.slice(0, limit) : rows
  return {
    columns: kept.map((index) => columns[index] as ResultColumn),
    values: kept.map((index) => {
      const { name } = columns[index] as ResultColumn
      return sampled.map((row) => table.cellOf(cellAt(row, name, index)))
    }),
  }
}

/** A cell of a row, which drivers give as an object or, if asked to, as an array. */
function cellAt(row: unknown, name: string, index: number): unknown {
  return Array.isArray(row) ? row[index] : (row as Record<string, unknown> | null)?.[name]
}
