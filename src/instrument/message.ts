import type { Dialect, Statement } from '../model/statement.ts'
import type { ResultColumn } from '../model/trace.ts'
import type { Aside } from './aside.ts'
import type { CapturedCallSite } from './call-site.ts'
import { captureCallSite } from './call-site.ts'
import { statementEnd, statementStart, strayEnd, strayStart } from './channel.ts'
import { now } from './clock.ts'
import type { FieldPath } from './graphql-field.ts'
import { isLoadingAhead } from './loading-ahead.ts'
import type { Operation, OrmCall } from './operation.ts'
import { isOwnWork } from './own-work.ts'
import { isPlainPromise, Scope } from './scope.ts'
import { sourceFrameOf } from './source-map.ts'
import { reportFailure, state } from './state.ts'

/** The driver a statement went through. */
export interface DriverInfo {
  readonly name: string
  readonly version: string
  readonly dialect: Dialect
  /** Reads the columns of a result out of what the driver says about them; called when a scope closes, if at all. */
  readonly columnsOf: (fields: unknown) => readonly ResultColumn[]
  /** Reads where the server is out of what statements are sent through: a client, a connection or a pool. */
  readonly addressOf?: ((through: object) => ServerAddress | undefined) | undefined
  /** Reads the state of a pool; undefined for what is none. */
  readonly poolStateOf?: ((through: object) => PoolState | undefined) | undefined
  /**
   * Opens a connection of nonplus's own to where statements that were sent through this go; rejects with the driver's
   * error. Absent where no connection can be opened with the driver.
   */
  readonly openAside?: ((through: object) => Promise<Aside>) | undefined
  /** Names where {@link openAside} goes to: equal names, equal connections. Kept in memory only. */
  readonly asideKeyOf?: ((through: object) => string) | undefined
  /** True while instrumentation of OpenTelemetry wraps the calls of this driver. */
  readonly isTraced?: ((through: object | undefined) => boolean) | undefined
  /** Called at the first statement, where it was loaded by nonplus and nobody may ever use it. */
  onFirstUse?: (() => void) | undefined
}

/** Where statements go, as the application gave it; absent parts are unknown. */
export interface ServerAddress {
  /** Host, or path of a socket. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
}

/** A pool of connections, at one moment. */
export interface PoolState {
  readonly idle: number
  readonly used: number
  /** Calls that wait for a connection. */
  readonly pending: number
  readonly max: number
}

/** Rows as the driver made them. Only referenced, never copied: they are read when the scope closes, or dropped. */
export interface RawResult {
  readonly rows: readonly unknown[]
  /** What the driver says about the columns, for {@link DriverInfo.columnsOf}. */
  readonly fields: unknown
}

/** One statement on its way: published once when it starts, and again, the same object, when it has ended. */
export class StatementMessage {
  readonly driver: DriverInfo
  readonly text: string
  readonly parameters: readonly unknown[] | undefined
  /** Read at call time, in the outermost call. */
  readonly scope: Scope
  /** `performance.now()` at the call. */
  startedAt: number
  /** When the pool handed over a connection; 0 where the call was made on a connection. */
  acquiredAt = 0
  endedAt = 0
  /** Same number, same connection; 0 while unknown. */
  connection = 0
  rows = 0
  error: unknown = undefined
  result: RawResult | undefined = undefined
  /** True where the server says that it used no index, or no good one, for some table of it. */
  noIndexUsed = false
  /** True where rows reach the application before the statement has ended: cursors and streams. */
  isStreamed = false
  /** True where the application gets the outcome in a callback or an event: it must run in {@link scope} again. */
  hasCallback = false
  callSite: CapturedCallSite | undefined = undefined
  /** ORM or query builder that sent it, where a stack was taken and had one. */
  orm: string | undefined = undefined
  /** The call of the ORM it was sent for, where a call site was taken and the ORM tells its calls. */
  call: OrmCall | undefined = undefined
  /** The GraphQL field whose resolver sent it. */
  field: FieldPath | undefined = undefined
  /** Set by the recorder while it handles the start. */
  needsCallSite = false
  /** False where an operation of an ORM provides the call site. */
  canBeDeferred = true
  /** Interned shape; set by the recorder. */
  statement: Statement | undefined = undefined
  /** True where the recorder keeps only its numbers. */
  isFolded = false
  /** Operations that were sent as one call; 0 where it is no batch. */
  batchSize = 0
  /** Client, connection or pool it is sent through; see {@link DriverInfo.addressOf}. */
  through: object | undefined = undefined
  /** Plan of this execution, as PostgreSQL has told it: JSON of auto_explain. Only where that was asked for. */
  plan: string | undefined = undefined
  /** Called where {@link plan} comes after the end; set by who wants to know. */
  onPlan: (() => void) | undefined = undefined
  /** Of the tracer, at the call; see `TracerContexts`. */
  context: unknown = undefined
  /** What a tracer keeps here. */
  span: unknown = undefined
  /** True where it is filed nowhere; see `strayStart`. */
  isStray = false

  constructor(driver: DriverInfo, text: string, parameters: readonly unknown[] | undefined, scope: Scope) {
    this.driver = driver
    this.text = text
    this.parameters = parameters
    this.scope = scope
    this.startedAt = now()
  }

  get hasEnded(): boolean {
    return this.endedAt !== 0
  }

  /** Ends it; the first outcome counts, later ones are ignored. */
  end(error: unknown, rows: number, result?: RawResult): void {
    if (this.endedAt !== 0) return
    this.endedAt = now()
    this.error = error
    this.rows = rows
    this.result = result
    try {
      ;(this.isStray ? strayEnd : statementEnd).publish(this)
    } catch (failure) {
      reportFailure('statement end', failure)
    }
  }
}

/** Where a statement comes from, for a driver that knows its text only later: noted in the outermost call. */
export interface Origin {
  readonly scope: Scope | undefined
  readonly operation: Operation | undefined
  readonly field: FieldPath | undefined
  readonly startedAt: number
  /** See {@link StatementMessage.context}. */
  readonly context: unknown
  callSite: CapturedCallSite | undefined
  /** See {@link StatementMessage.orm}. */
  orm: string | undefined
}

/** Notes where a statement comes from, to start its message later. */
export function originOf(): Origin {
  return {
    scope: state.storage.getStore(),
    operation: state.operations.getStore(),
    field: state.field ?? state.fields.getStore(),
    startedAt: now(),
    context: state.contexts?.active(),
    callSite: undefined,
    orm: undefined,
  }
}

/**
 * Starts the message of a statement, if it belongs to an open scope; counts it in any case.
 *
 * @param below function whose callers may be the application; frames above it are left out of the call site.
 * @param origin where it was noted before: scope, time and call site are taken from it.
 * @param through see {@link StatementMessage.through}.
 * @param batchSize see {@link StatementMessage.batchSize}.
 * @returns undefined where nothing is to be recorded.
 */
export function startStatement(
  driver: DriverInfo,
  text: string,
  parameters: readonly unknown[] | undefined,
  below: (...args: never[]) => unknown,
  origin?: Origin,
  through?: object,
  batchSize = 0,
): StatementMessage | undefined {
  let scope = origin === undefined ? state.storage.getStore() : origin.scope
  const { counters } = state
  counters.seen++
  if (driver.onFirstUse !== undefined && !isLoadingAhead()) driver.onFirstUse()
  // for what runs in no scope only: a request pays nothing for it
  const processScope = scope === undefined ? state.processScope : undefined
  if (processScope !== undefined) scope = processScope.current()
  if (scope === undefined) {
    counters.outside++
    // the first ones only: a program without scopes must not pay for a stack at every statement
    if (counters.outside <= 50 && state.outsideSites.size < 3) noteOutsideSite(below)
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  if (scope.ignoreReason !== undefined) {
    if (isOwnWork(scope)) {
      counters.seen--
      return undefined
    }
    counters.ignored++
    state.ignoredReasons.set(scope.ignoreReason, (state.ignoredReasons.get(scope.ignoreReason) ?? 0) + 1)
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  if (scope.isClosed) {
    counters.late++
    return startStray(driver, text, parameters, scope, origin, through, batchSize)
  }
  counters.attributed++
  try {
    const message = new StatementMessage(driver, text, parameters, scope)
    message.field = origin === undefined ? (state.field ?? state.fields.getStore()) : origin.field
    message.batchSize = batchSize
    place(message, origin, through)
    processScope?.note(message)
    statementStart.publish(message)
    if (message.needsCallSite) takeCallSite(message, below, origin)
    return message
  } catch (error) {
    reportFailure('statement start', error)
    return undefined
  }
}

/** Where and when the call was made. */
function place(message: StatementMessage, origin: Origin | undefined, through: object | undefined): void {
  message.through = through
  if (origin === undefined) {
    message.context = state.contexts?.active()
  } else {
    message.startedAt = origin.startedAt
    message.context = origin.context
  }
}

let outside: Scope | undefined

/** Starts the message of a statement that is filed nowhere, for those who follow every statement. */
function startStray(
  driver: DriverInfo,
  text: string,
  parameters: readonly unknown[] | undefined,
  scope: Scope | undefined,
  origin: Origin | undefined,
  through: object | undefined,
  batchSize: number,
): StatementMessage | undefined {
  if (!strayStart.hasSubscribers) return undefined
  try {
    outside ??= new Scope({ name: 'outside', kind: 'job', callSites: 'none', isAmbient: true })
    const message = new StatementMessage(driver, text, parameters, scope ?? outside)
    message.isStray = true
    message.batchSize = batchSize
    place(message, origin, through)
    strayStart.publish(message)
    return message
  } catch (error) {
    reportFailure('stray statement', error)
    return undefined
  }
}

function takeCallSite(message: StatementMessage, below: (...args: never[]) => unknown, origin?: Origin): void {
  const operation = origin === undefined ? state.operations.getStore() : origin.operation
  if (operation !== undefined) message.call = operation.call
  if (origin !== undefined) {
    message.callSite = origin.callSite
    message.orm ??= origin.orm
  } else if (operation?.isOutermost !== true) message.callSite = captureCallSite(below, message)
  if (message.callSite !== undefined) {
    if (operation !== undefined) message.callSite = operation.deepen(message.callSite)
    return
  }
  operation?.lend(message)
  message.canBeDeferred = operation === undefined
}

function noteOutsideSite(below: (...args: never[]) => unknown): void {
  const frame = captureCallSite(below)?.frames[0]
  if (frame === undefined) return
  const { file, line } = sourceFrameOf(frame)
  state.outsideSites.add(`${file}:${line}`)
}

function applyTo(fn: (...args: never[]) => unknown, self: unknown, args: ArrayLike<unknown>): unknown {
  return Reflect.apply(fn, self, args)
}

/**
 * Calls `fn` in the scope of a statement, and in none where it was sent outside any; costs nothing where it is open.
 *
 * @param context of the tracer, where one was kept: it is gone back to as well.
 */
export function callIn(
  scope: Scope | undefined,
  fn: (...args: never[]) => unknown,
  self: unknown,
  args: ArrayLike<unknown>,
  context?: unknown,
): unknown {
  if (context !== undefined && state.contexts !== undefined) {
    return callInScope(scope, state.contexts.run, undefined, [context, fn, self, args])
  }
  return callInScope(scope, fn, self, args)
}

function callInScope(
  scope: Scope | undefined,
  fn: (...args: never[]) => unknown,
  self: unknown,
  args: ArrayLike<unknown>,
): unknown {
  const entered = scope?.isAmbient ? undefined : scope
  if (state.storage.getStore() === entered) return Reflect.apply(fn, self, args)
  return state.storage.run(entered as Scope, applyTo, fn, self, args)
}

/**
 * Returns a promise that settles as `promise` does, and takes the call site once it has settled.
 *
 * Query builders that are thenables, and pools, call the driver from a job or a timer: no frame of the application is
 * on the stack. When the promise has settled, though, the chain of awaiting functions is linked, and V8 can follow it
 * from this very function outwards. That works only while the driver's promise has one reaction, ours: hence a
 * replaced promise instead of a second `.then` beside the caller's. An unhandled rejection stays one.
 */
async function settleWithCallSite<Value>(promise: Promise<Value>, message: StatementMessage): Promise<Value> {
  try {
    return await promise
  } finally {
    message.callSite = captureCallSite(settleWithCallSite, message)
  }
}

/** For a driver's own such function: takes the call site, if it is still due, after the driver's promise was awaited in it. */
export function takeDeferredCallSite(message: StatementMessage, below: (...args: never[]) => unknown): void {
  if (!isCallSiteDue(message)) return
  message.callSite = captureCallSite(below, message)
}

function isCallSiteDue(message: StatementMessage): boolean {
  return message.needsCallSite && message.canBeDeferred && message.callSite === undefined
}

/**
 * What the caller of a driver gets: `result` itself, or, where it is a promise and the stack showed no application, one
 * that settles the same way and takes the call site then.
 */
export function withCallSite(result: unknown, message: StatementMessage): unknown {
  return isCallSiteDue(message) && isPlainPromise(result) ? settleWithCallSite(result, message) : result
}
