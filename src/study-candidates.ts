import { type Batch, batchOf, isLoop, MOST_EXECUTIONS } from './batch-of.ts'
import type { DriverInfo, StatementMessage } from './instrument/message.ts'
import type { Statement, StatementKind } from './model/statement.ts'
import { boundValuesOf, copyValues, parameterClassOf } from './parameter-class.ts'

/** Parameters of a statement that are expected to have one plan. */
export interface CandidateClass {
  readonly key: string
  /** Of the first execution: its text, since that may hold literals. */
  readonly text: string
  readonly values: readonly unknown[] | undefined
  /** Statements that set its connection. */
  readonly session: readonly string[]
  executions: number
  rows: number
  /** Plan of one of them, as the server told it. */
  plan: string | undefined
}

/** A statement that was sent in a scope. */
export interface Candidate {
  readonly statement: Statement
  readonly driver: DriverInfo
  /** What it was sent through. */
  readonly through: object | undefined
  /** The most frequent first, once it is complete. */
  readonly classes: readonly CandidateClass[]
  /** Of all its executions. */
  readonly durationMs: number
  /** The server said that it read a table without an index. */
  readonly noIndexUsed: boolean
  /** One statement in place of all its executions, where they are look-ups by one key each. */
  readonly batch: Batch | undefined
}

/** Classes of one statement. */
const MAX_CLASSES = 5

/** Nobody wants their plans, and nobody is told that they have none. */
const QUIET: ReadonlySet<StatementKind> = new Set(['transaction', 'session', 'explain'])

type Growing = { -readonly [Key in keyof Candidate]: Candidate[Key] } & {
  readonly byKey: Map<string, CandidateClass>
  readonly executed: StatementMessage[]
}

/**
 * Statements of a scope that may be explained, each once: what has ended, and not in an error. Values are copied.
 *
 * @param sessionOf what the connection of an execution was set to.
 * @param isLoopWanted whether it is to be found out what one statement in place of a loop would be; asked of loops alone.
 */
export function candidatesOf(
  messages: readonly StatementMessage[],
  sessionOf: (message: StatementMessage) => readonly string[],
  isLoopWanted: (statement: Statement) => boolean,
): Candidate[] {
  const found = new Map<Statement, Growing>()
  for (const message of messages) {
    const { statement, driver, through } = message
    if (statement === undefined || QUIET.has(statement.kind) || !message.hasEnded || message.error !== undefined)
      continue
    let candidate = found.get(statement)
    if (candidate === undefined) {
      candidate = begun(statement, driver, through)
      found.set(statement, candidate)
    }
    if (candidate.executed.length < MOST_EXECUTIONS) candidate.executed.push(message)
    candidate.durationMs += message.endedAt - message.startedAt
    candidate.noIndexUsed ||= message.noIndexUsed
    addTo(candidate.byKey, message, sessionOf)
  }
  return [...found.values()].map(({ byKey, executed, ...candidate }) => ({
    ...candidate,
    batch: isLoop(executed) && isLoopWanted(candidate.statement) ? batchOf(executed) : undefined,
    classes: [...byKey.values()].sort((a, b) => b.executions - a.executions),
  }))
}

function begun(statement: Statement, driver: DriverInfo, through: object | undefined): Growing {
  const sums = { durationMs: 0, noIndexUsed: false, batch: undefined }
  return { statement, driver, through, classes: [], byKey: new Map(), executed: [], ...sums }
}

function addTo(
  classes: Map<string, CandidateClass>,
  message: StatementMessage,
  sessionOf: (message: StatementMessage) => readonly string[],
): void {
  const key = parameterClassOf(message)
  let known = classes.get(key)
  if (known === undefined) {
    if (classes.size >= MAX_CLASSES) return
    const values = copyValues(boundValuesOf(message))
    known = { key, text: message.text, values, session: sessionOf(message), executions: 0, rows: 0, plan: undefined }
    classes.set(key, known)
  }
  known.executions++
  known.rows += message.rows
  // one of several plans says nothing of the others
  if (message.statement?.kind !== 'multiple') known.plan ??= message.plan
}
