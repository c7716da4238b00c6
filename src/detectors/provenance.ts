import type { Slot } from '../model/statement.ts'
import type { Cell, Execution, Trace, ValueToken } from '../model/trace.ts'
import { singularOf, wordsOf } from './name-words.ts'
import { isLookedUpBy, selectedColumn } from './selected-column.ts'

/** A column whose values became parameters. */
export interface Provenance {
  /** Statement the rows came from. */
  readonly statement: number
  /** As the table calls it, whatever the statement calls it. */
  readonly column: string
  /** Index of the parameter's slot in the child statement. */
  readonly slot: number
  /** Executions of the parent that gave values, in start order. */
  readonly executions: readonly Execution[]
  /** Rows of these executions. */
  readonly rows: number
  /** Share of the distinct values of the column that were looked up, 0 to 1. */
  readonly coverage: number
  /** How well the names fit: 2 where one names the other, 1 where they may, 0 where they do not. */
  readonly affinity: number
}

/** One child per value: the executions of the loop, with the slots that vary. */
export interface Lookup {
  readonly statement: number
  readonly executions: readonly Execution[]
  /** Slots compared for equality whose values differ, the one with the most distinct values first. */
  readonly slots: readonly number[]
}

/**
 * Looks for the column that the parameters of a loop came from.
 *
 * Every value must have stood in that column before the statement that used it was sent. That alone is not proof: small
 * integers stand in many columns by chance. So a column must also be telling: by its name (`author_id` for `users.id`),
 * by values that do not repeat by chance (uuids, long numbers or texts), or by having been walked in order. Columns are
 * ranked by these; the best one is returned.
 */
export function provenanceOf(trace: Trace, lookup: Lookup, columns: ColumnIndex): Provenance | undefined {
  const [primary] = lookup.slots
  if (primary === undefined) return undefined
  let best: { score: number; provenance: Provenance } | undefined
  for (const column of columns.all()) {
    const candidate = judge(trace, lookup, primary, column)
    if (candidate !== undefined && candidate.score > (best?.score ?? 0)) best = candidate
  }
  return best?.provenance
}

/** A column of a statement, over all its executions in the trace. */
class Column {
  readonly statement: number
  readonly name: string
  /** Values in the order they were read. */
  readonly sequence: readonly ValueToken[]
  readonly executions: readonly Execution[]
  readonly rows: number
  readonly #index: number
  #availableMs: ReadonlyMap<ValueToken, number> | undefined

  constructor(statement: number, name: string, index: number, executions: readonly Execution[], rows: number) {
    this.statement = statement
    this.name = name
    this.executions = executions
    this.rows = rows
    this.#index = index
    const sequence: ValueToken[] = []
    for (const { result } of executions) {
      for (const cell of result?.values[index] ?? []) sequence.push(...tokensOf(cell))
    }
    this.sequence = sequence
  }

  /** First moment at which a value was there, in milliseconds since the scope began; made for columns that may fit. */
  get availableMs(): ReadonlyMap<ValueToken, number> {
    this.#availableMs ??= this.#findMoments()
    return this.#availableMs
  }

  #findMoments(): Map<ValueToken, number> {
    const moments = new Map<ValueToken, number>()
    for (const execution of this.executions) {
      const sinceMs = availabilityOf(execution)
      for (const cell of execution.result?.values[this.#index] ?? []) {
        for (const token of tokensOf(cell)) if (!moments.has(token)) moments.set(token, sinceMs)
      }
    }
    return moments
  }
}

/** Columns of all results of a trace; made once per trace. */
export class ColumnIndex {
  #columns: Column[] | undefined
  readonly #executions: ReadonlyMap<number, readonly Execution[]>

  constructor(trace: Trace) {
    const byStatement = new Map<number, Execution[]>()
    for (const execution of trace.executions) {
      if (execution.result === undefined) continue
      const list = byStatement.get(execution.statement)
      if (list === undefined) byStatement.set(execution.statement, [execution])
      else list.push(execution)
    }
    this.#executions = byStatement
  }

  all(): readonly Column[] {
    this.#columns ??= [...this.#executions].flatMap(([statement, executions]) => columnsOf(statement, executions))
    return this.#columns
  }
}

function columnsOf(statement: number, executions: readonly Execution[]): Column[] {
  const names = executions[0]?.result?.columns.map(({ name }) => name) ?? []
  const rows = executions.reduce((sum, { result }) => sum + (result?.values[0]?.length ?? 0), 0)
  return names.map((name, index) => new Column(statement, name, index, executions, rows))
}

// rows of a stream are there while it runs; other rows once it has ended
function availabilityOf({ startMs, durationMs, isStreamed }: Execution): number {
  if (isStreamed) return startMs
  return durationMs < 0 ? Number.POSITIVE_INFINITY : startMs + durationMs
}

function tokensOf(cell: Cell): readonly ValueToken[] {
  return typeof cell === 'number' ? [cell] : cell
}

function judge(
  trace: Trace,
  lookup: Lookup,
  slot: number,
  column: Column,
): { score: number; provenance: Provenance } | undefined {
  // most columns do not hold even the first value: found out without an index of the column
  const first = scalarOf(lookup.executions[0]?.parameters?.[slot])
  if (first === undefined || !column.sequence.includes(first)) return undefined
  const used = new Set<ValueToken>()
  const order: ValueToken[] = []
  for (const execution of lookup.executions) {
    const token = scalarOf(execution.parameters?.[slot])
    if (token === undefined) return undefined
    const sinceMs = column.availableMs.get(token)
    if (sinceMs === undefined || sinceMs > execution.startMs) return undefined
    // rows of a stream are there from its start, but not for the stream itself
    if (column.statement === lookup.statement && sinceMs === execution.startMs) return undefined
    if (!used.has(token)) order.push(token)
    used.add(token)
  }
  const distinct = column.availableMs.size - (column.availableMs.has(0) ? 1 : 0)
  const coverage = used.size / distinct
  const affinity = affinityOf(trace, lookup.statement, slot, column)
  const isUnlikelyByChance = [...used].every((token) => isTelling(trace, token))
  const isOrdered = isSubsequence(order, column.sequence)
  const isWalk = isOrdered && isWalkOf(order, column.sequence, coverage)
  if (affinity === 0 && !isUnlikelyByChance && !isWalk) return undefined
  if (affinity < 2 && !isUnlikelyByChance && coverage < 0.05 && !isOrdered) return undefined
  const lastMs = column.executions.at(-1)?.startMs ?? 0
  const recency = lastMs / ((lookup.executions[0]?.startMs ?? 0) + 1)
  // of a chain of look-ups that pass one value on, the first is the list that was looped over
  const isList = column.rows > column.executions.length
  const signs = [isOrdered, isUnlikelyByChance, isList].filter(Boolean).length
  const score = 2 * affinity + 2 * coverage + signs + Math.min(1, recency) / 2
  const { statement, executions, rows } = column
  const name = nameOf(trace, column)
  return { score, provenance: { statement, column: name, slot, executions, rows, coverage, affinity } }
}

/** The value of a slot; a list or array of one counts as that one. */
export function scalarOf(cell: Cell | undefined): ValueToken | undefined {
  if (cell === undefined || typeof cell === 'number') return cell === 0 ? undefined : cell
  return cell.length === 1 ? cell[0] : undefined
}

/** Values that stand in an unrelated column only by a rare chance. */
function isTelling(trace: Trace, token: ValueToken): boolean {
  const info = trace.values[token]
  if (info === undefined) return false
  if (info.type === 'uuid' || info.type === 'binary' || info.type === 'date') return true
  return (info.type === 'integer' && info.size >= 6) || (info.type === 'text' && info.size >= 8)
}

function isSubsequence(order: readonly ValueToken[], sequence: readonly ValueToken[]): boolean {
  let next = 0
  for (const token of sequence) if (token === order[next]) next++
  return next === order.length
}

/** From end to end, or, where a cap cut the loop, a long way from the start without a gap. */
function isWalkOf(order: readonly ValueToken[], sequence: readonly ValueToken[], coverage: number): boolean {
  if (coverage === 1) return order.length >= 3
  return order.length >= LONG_WALK && order.every((token, index) => token === sequence[index])
}

const LONG_WALK = 20

/**
 * How well the names fit: 2 where the column names the other side (`post_id` of posts' `id`, `author_id` of
 * `author_id`), 1 where it is some foreign key for some `id`, 0 otherwise.
 */
function affinityOf(trace: Trace, statement: number, slot: number, column: Column): number {
  const child = trace.statements[statement]
  const parent = trace.statements[column.statement]
  const wanted = wordsOf((child?.slots[slot] as Slot | undefined)?.column ?? '')
  const given = wordsOf(nameOf(trace, column))
  if (wanted === '' || given === '') return 0
  if (wanted === given && (wanted !== 'id' || isOfParent(trace, statement, column, given))) return 2
  if (isKeyOf(wanted, given, child?.tables ?? []) || isKeyOf(given, wanted, parent?.tables ?? [])) return 2
  const isForeignKey = (name: string): boolean => /_id$/.test(name)
  return (wanted === 'id' && isForeignKey(given)) || (given === 'id' && isForeignKey(wanted)) ? 1 : 0
}

/** The key of the parent's own rows, where the child joins its table. */
function isOfParent(trace: Trace, child: number, { statement }: Column, key: string): boolean {
  const table = trace.statements[statement]?.tables[0]
  return table !== undefined && isLookedUpBy(trace.texts[child] ?? '', table.slice(table.lastIndexOf('.') + 1), key)
}

/** ORMs give columns names of their own, which say nothing of the table's. */
function nameOf(trace: Trace, { statement, name }: Column): string {
  return selectedColumn(trace.texts[statement] ?? '', name)
}

/** `id` of `posts` against `post_id`. */
function isKeyOf(key: string, foreignKey: string, tables: readonly string[]): boolean {
  if (key !== 'id' || !foreignKey.endsWith('_id')) return false
  const stem = foreignKey.slice(0, -3)
  return tables.some((table) => singularOf(wordsOf(table.slice(table.lastIndexOf('.') + 1))) === singularOf(stem))
}
