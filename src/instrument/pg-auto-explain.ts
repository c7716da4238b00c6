import { connectionOf } from './connection.ts'
import type { StatementMessage } from './message.ts'
import { isOwnWork, runAsOwn } from './own-work.ts'
import { noteLoss, reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/** One text, so that either all of it holds or nothing. `client_min_messages` stays: `notice` is its default. */
const SETTINGS = [
  "load 'auto_explain'",
  'set auto_explain.log_level = notice',
  'set auto_explain.log_format = json',
  'set auto_explain.log_analyze = on',
  'set auto_explain.log_timing = off',
  'set auto_explain.log_buffers = on',
  'set auto_explain.log_verbose = on',
  'set auto_explain.log_settings = on',
  'set auto_explain.log_nested_statements = off',
  'set auto_explain.log_min_duration = 0',
].join('; ')

/** Longest plan that is read. Characters. */
const MAX_PLAN = 500_000

/** Statements of a connection that a plan may still come for: it comes late within a transaction. */
const MAX_EXPECTED = 4

/** By the number of the connection. */
const expected = new Map<number, StatementMessage[]>()

/** Connections that are told apart; the first are forgotten where there are more. */
const MAX_CONNECTIONS = 1_000

/** True where the plans of what a client will send are to come from the server. */
export function wantsAutoExplain(client: Any): boolean {
  if (!state.wantsAutoExplain || typeof client.connection?.emit !== 'function') return false
  const scope = state.storage.getStore()
  return scope === undefined || !isOwnWork(scope)
}

/**
 * Makes the server tell the plan of each execution on this connection, as a notice after it. Where the role may not,
 * nothing changes, and the report says so.
 *
 * @param then called in any case, once.
 */
export function explainItself(client: Any, then: () => void): void {
  try {
    runAsOwn(() =>
      client.query(SETTINGS, (error: unknown) => {
        try {
          if (error) noteRefusal(error)
          else takeNotices(client)
        } finally {
          then()
        }
      }),
    )
  } catch (error) {
    reportFailure('auto_explain', error)
    then()
  }
}

function noteRefusal(error: unknown): void {
  const { code, message } = error as { code?: string; message?: string }
  const why = code === '42501' ? 'its role is no superuser' : String(message)
  noteLoss(
    `connections of pg could not load auto_explain (${why}): their statements were planned instead, not measured`,
    1,
  )
}

/** Plans are taken before the application's own listeners for notices see them. */
function takeNotices(client: Any): void {
  const { connection } = client
  const emit = connection.emit
  Object.defineProperty(connection, 'emit', {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: unknown, ...args: Any[]): unknown {
      if (args[0] === 'notice' && isPlan(args[1])) {
        take(client, args[1])
        return true
      }
      return Reflect.apply(emit, this, args)
    },
  })
}

/** By the file of the server's source that made it, which no translation changes. */
function isPlan(notice: Any): boolean {
  return notice?.file === 'auto_explain.c'
}

function take(client: Any, { message: text }: Any): void {
  try {
    const start = String(text).indexOf('{')
    if (start === -1 || text.length > MAX_PLAN) return
    deliver(connectionOf(client), text.slice(start))
  } catch (error) {
    reportFailure('auto_explain notice', error)
  }
}

const QUERY_TEXT = /"Query Text": ("(?:[^"\\]|\\.)*")/

/**
 * A notice names the text of its statement. It comes when the server lets go of what it ran: within a transaction only
 * as the next statement begins, so the first that waits for a plan of that text is meant.
 */
function deliver(connection: number, plan: string): void {
  const waiting = expected.get(connection)
  const [, quoted] = QUERY_TEXT.exec(plan) ?? []
  if (waiting === undefined || quoted === undefined) return
  const text: unknown = JSON.parse(quoted)
  const at = waiting.findIndex((message) => message.text === text && message.error === undefined)
  if (at === -1) return
  const message = waiting[at] as StatementMessage
  waiting.splice(0, at + 1)
  message.plan = plan
  message.onPlan?.()
}

/** Notes a statement that is about to be sent; its connection must be known. */
export function expectPlan(message: StatementMessage): void {
  let waiting = expected.get(message.connection)
  if (waiting === undefined) {
    waiting = []
    if (expected.size >= MAX_CONNECTIONS) expected.delete(expected.keys().next().value as number)
    expected.set(message.connection, waiting)
  }
  if (waiting.length >= MAX_EXPECTED) waiting.shift()
  waiting.push(message)
}
