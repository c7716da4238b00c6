import { cellKey } from '../model/cell-key.ts'
import type { Slot, Statement } from '../model/statement.ts'
import type { Cell, Execution, Trace } from '../model/trace.ts'
import { type Lookup, scalarOf } from './provenance.ts'
import type { Repetition } from './repetition.ts'

/**
 * The keys a repetition looks up, or undefined where it looks up nothing by key: pages and keyset sweeps vary an offset
 * or a range, batch loads a whole list, polling and retries nothing at all.
 */
export function lookupOf(trace: Trace, repetition: Repetition): Lookup | undefined {
  const slots = trace.statements[repetition.statement]?.slots ?? []
  const executions = withoutRetries(repetition.executions)
  if (executions.length < 2 || executions.some(({ parameters }) => parameters === undefined)) return undefined
  const varying = slots.map((_, slot) => slot).filter((slot) => distinctCells(executions, slot) > 1)
  if (varying.some((slot) => isBatch(executions, slot))) return undefined
  const keys = varying.filter((slot) => isKey(slots[slot]))
  if (keys.length === 0) return undefined
  keys.sort((a, b) => distinctCells(executions, b) - distinctCells(executions, a))
  return { statement: repetition.statement, executions, slots: keys }
}

/** The one look-up of a repetition that ran once, by the values it is compared with. */
export function singleLookupOf(trace: Trace, { statement, executions }: Repetition): Lookup | undefined {
  const slots = trace.statements[statement]?.slots ?? []
  const keys = slots.map((_, slot) => slot).filter((slot) => slots[slot]?.operator === '=' && isKey(slots[slot]))
  return keys.length === 1 && executions[0]?.parameters !== undefined
    ? { statement, executions, slots: keys }
    : undefined
}

const KEY_CLAUSES: ReadonlySet<string> = new Set(['where', 'on', 'having', 'select', 'other'])

/** A value compared for equality, or an argument of a function, which may be a look-up too. */
function isKey(slot: Slot | undefined): boolean {
  if (slot === undefined || !KEY_CLAUSES.has(slot.clause)) return false
  return slot.operator === undefined || slot.operator === '=' || slot.operator === 'in' || slot.operator === 'any'
}

function isBatch(executions: readonly Execution[], slot: number): boolean {
  return executions.some(({ parameters }) => {
    const cell = parameters?.[slot]
    return typeof cell === 'object' && cell.length > 1
  })
}

/** An execution that failed and was sent again with the same parameters is one look-up, not two. */
function withoutRetries(executions: readonly Execution[]): Execution[] {
  return executions.filter(({ error, parameters }, index) => {
    if (error === undefined) return true
    const key = keyOf(parameters)
    return !executions.slice(index + 1).some((later) => keyOf(later.parameters) === key)
  })
}

function keyOf(cells: readonly Cell[] | undefined): string {
  return cells?.map(cellKey).join(',') ?? ''
}

function distinctCells(executions: readonly Execution[], slot: number): number {
  return new Set(executions.map(({ parameters }) => keyOf([parameters?.[slot] ?? 0]))).size
}

/** Distinct keys of a look-up: tuples, where the key has several columns. */
export function distinctKeysOf({ executions, slots }: Lookup): number {
  return new Set(executions.map(({ parameters }) => keyOf(slots.map((slot) => parameters?.[slot] ?? 0)))).size
}

/** A question for yes, no or a number: permission checks and counts by name are asked in their own places. */
export function isProbe({ fingerprint }: Statement): boolean {
  return /^select (\?|exists ?\(|count ?\(|has_)/.test(fingerprint)
}

/** Keys that look like ids of rows; names of settings, roles and flags come from the code. */
export function isIdLike(trace: Trace, { executions, slots }: Lookup): boolean {
  return slots.some((slot) => {
    const operator = trace.statements[executions[0]?.statement ?? -1]?.slots[slot]?.operator
    if (operator === undefined) return false
    return executions.every(({ parameters }) => {
      const token = scalarOf(parameters?.[slot])
      const info = token === undefined ? undefined : trace.values[token]
      if (info === undefined) return false
      if (info.type === 'text') return info.size >= 16
      return info.type === 'integer' || info.type === 'uuid' || info.type === 'binary'
    })
  })
}
