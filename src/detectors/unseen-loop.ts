import type { Confidence } from '../model/finding.ts'
import type { Statement } from '../model/statement.ts'
import type { Execution, Trace } from '../model/trace.ts'
import { isLocking } from './locking.ts'
import { isProbe } from './lookup.ts'
import { wordsOf } from './name-words.ts'
import { isPolling } from './polling.ts'
import { areConcurrent, type Repetition } from './repetition.ts'

/** A repetition that looks like a loop, though no value of it was seen. */
export interface UnseenLoop {
  readonly executions: readonly Execution[]
  /** Slots of its keys. */
  readonly slots: readonly number[]
  readonly confidence: Exclude<Confidence, 'proven'>
}

/**
 * Judges a repetition whose parameters are not known, as in spans, by its form alone: look-ups by one key, sent often
 * enough. `likely` where it also behaves like a loop: by an id, from one place, side by side or with the same
 * statements between one turn and the next. Five checks for flags or rights, each in its own step of a request, do not.
 *
 * @returns undefined for pages, sweeps, batches, polling, retries and locks, and where any value is known.
 */
export function unseenLoopOf(trace: Trace, repetition: Repetition, threshold: number): UnseenLoop | undefined {
  const statement = trace.statements[repetition.statement]
  if (statement?.kind !== 'select' || isProbe(statement) || isLocking(statement) || isPage(statement)) return undefined
  if (repetition.executions.some(({ parameters }) => parameters !== undefined)) return undefined
  const executions = repetition.executions.filter(({ error }) => error === undefined)
  const slots = statement.slots.flatMap((slot, index) => (isKey(slot) ? [index] : []))
  const isBatch = statement.slots.some(
    ({ form, operator }) => form === 'list' || operator === 'in' || operator === 'any',
  )
  if (executions.length < threshold || slots.length === 0 || isBatch) return undefined
  const isConcurrent = areConcurrent(executions)
  if (!isConcurrent && isPolling(executions)) return undefined
  const ids = slots.filter((slot) => isIdColumn(statement.slots[slot]?.column))
  const isPlaced = repetition.frames.length > 0 || repetition.spanPath !== undefined
  const isLoopLike = ids.length > 0 && isPlaced && (isConcurrent || hasEqualTurns(trace, executions))
  return {
    executions,
    slots: [...ids, ...slots.filter((slot) => !ids.includes(slot))],
    confidence: isLoopLike ? 'likely' : 'candidate',
  }
}

const KEY_CLAUSES: ReadonlySet<string> = new Set(['where', 'on', 'having'])

function isKey({ clause, form, operator }: Statement['slots'][number]): boolean {
  return form === 'placeholder' && operator === '=' && KEY_CLAUSES.has(clause)
}

/** What varies may be where the page begins. */
function isPage({ slots }: Statement): boolean {
  return slots.some(
    ({ clause, operator = '' }) => clause === 'offset' || (clause === 'where' && /^[<>]=?$/.test(operator)),
  )
}

function isIdColumn(column = ''): boolean {
  return /(^|_)(id|uuid|guid|pk|fk)$/.test(wordsOf(column))
}

/** Kinds of what may lie between two turns: nothing, and, where the loop stands in another one, the turn of that. */
const MAX_KINDS_OF_TURNS = 2

/** True where the same statements were sent between each turn and the next: a loop does the same thing in each. */
function hasEqualTurns(trace: Trace, executions: readonly Execution[]): boolean {
  const kinds = new Set<string>()
  const turns = new Set(executions.map(({ id }) => id))
  let between: Set<number> | undefined
  for (const { id, statement, spanPath } of trace.executions) {
    if (spanPath !== executions[0]?.spanPath) continue
    if (turns.has(id)) {
      if (between !== undefined) kinds.add([...between].sort((a, b) => a - b).join(','))
      between = new Set()
    } else between?.add(statement)
  }
  return kinds.size <= MAX_KINDS_OF_TURNS
}
