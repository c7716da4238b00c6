import type { Checkout } from './checkout.ts'
import { now } from './clock.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import type { Question } from './mysql2-question.ts'
import type { Scope } from './scope.ts'
import { startStatement } from './start-statement.ts'
import { onceInProcess, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** One call of the application that sends one statement, from where it was made to the command that carries it. */
export class Call {
  /** Read where the call was made. */
  readonly scope: Scope | undefined = state.storage.getStore()
  /** True where the promise API made it: what it calls back is no code of the application. */
  readonly isPromised: boolean = calls.isPromised
  /** Of the tracer, where the call was made. */
  readonly context: unknown = state.contexts?.active()
  isStarted = false
  /** The copy of the driver it was made on, where that was seen being loaded. */
  driver: DriverInfo | undefined = undefined
  /** Absent where nothing is to be recorded. */
  message: StatementMessage | undefined = undefined
  command: Any = undefined
  /** The call whose channel events this one interrupts. */
  outer: Call | undefined = undefined

  start(
    driver: DriverInfo,
    { text, parameters }: Question,
    below: (...args: never[]) => unknown,
    through?: object,
  ): void {
    this.isStarted = true
    this.driver = driver
    this.message = startStatement(driver, text, parameters, below, undefined, through)
    calls.last = this.message
  }
}

/**
 * How a statement travels. `Pool.query` asks for a connection with a callback, which calls `Connection.query`, which
 * adds a command: one call of the application, four of ours. So each step leaves the call here for the next one, which
 * is reached synchronously: no statement can be handed to the wrong call.
 */
interface Calls {
  /** `Pool.query` → `Pool.getConnection`. */
  handover: Call | undefined
  /** Callback of `Pool.getConnection` → `Connection.query`. */
  adoption: Call | undefined
  /** What the application itself asked a pool for: the callback runs now. */
  checkout: Checkout | undefined
  /** `Connection.query`, told by its channel → `Connection.addCommand`. */
  current: Call | undefined
  /** The `Prepare` that `Connection.execute` sends ahead. */
  prepare: Any
  /** Started last; read by the promise API, to take its line later. */
  last: StatementMessage | undefined
  /** True within a call of the promise API. */
  isPromised: boolean
}

/** One for all copies of nonplus in the process: one may have wrapped a method, and another have subscribed. */
export const calls: Calls = onceInProcess('mysql2 calls', () => ({
  handover: undefined,
  adoption: undefined,
  checkout: undefined,
  current: undefined,
  prepare: undefined,
  last: undefined,
  isPromised: false,
}))

/** Takes the call that a pool has found its connection for. */
export function takeAdoption(): Call | undefined {
  const call = calls.adoption
  calls.adoption = undefined
  if (call?.message !== undefined) call.message.acquiredAt = now()
  return call
}

/** Ends what the pool had a connection for, and the driver refused before it was sent. */
export function dropAdoption(): void {
  calls.adoption?.message?.end(new Error('not sent: refused by the driver'), 0)
  calls.adoption = undefined
}
