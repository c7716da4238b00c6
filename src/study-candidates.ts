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
}

/** Classes of one statement. */
const MAX_CLASSES = 5

/** Nobody wants their plans, and nobody is told that they have none. */
const QUIET: ReadonlySet<StatementKind> = new Set(['transaction', 'session', 'explain'])

type Growing = { -readonly [Key in keyof Candidate]: Candidate[Key] } & { readonly byKey: Map<string, CandidateClass> }

/**
 * Statements of a scope that may be explained, each once: what has ended, and not in an error. Values are copied.
 *
 * @param sessionOf what the connection of an execution was set to.
 */
export function candidatesOf(
  messages: readonly StatementMessage[],
  sessionOf: (message: StatementMessage) => readonly string[],
): Candidate[] {
  const found = new Map<Statement, Growing>()
  for (const message of messages) {
    const { statement, driver, through } = message
    if (statement === undefined || QUIET.has(statement.kind) || !message.hasEnded || message.error !== undefined)
      continue
    let candidate = found.get(statement)
    if (candidate === undefined) {
      candidate = { statement, driver, through, classes: [], byKey: new Map(), durationMs: 0, noIndexUsed: false }
      found.set(statement, candidate)
    }
    candidate.durationMs += message.endedAt - message.startedAt
    candidate.noIndexUsed ||= message.noIndexUsed
    addTo(candidate.byKey, message, sessionOf)
  }
  return [...found.values()].map(({ byKey, ...candidate }) => ({
    ...candidate,
    classes: [...byKey.values()].sort((a, b) => b.executions - a.executions),
  }))
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
