import type { ScopeInfo, ScopeKind } from '../model/trace.ts'
import { scopeEnd, strayStart } from './channel.ts'
import { now, timeOrigin } from './clock.ts'
import { reportFailure, state } from './state.ts'

/**
 * When the stack is captured. `all`: at every execution, so that also the parent of a loop has its line (3–10 µs each;
 * for development and tests). `repeated`: from the second execution of a shape in a scope on (nearly free; for
 * staging). `none`: never.
 */
export type CallSiteMode = 'all' | 'repeated' | 'none'

/** How a scope is opened. */
export interface ScopeOptions {
  readonly name: string
  readonly kind: ScopeKind
  /** @default 'all' */
  readonly callSites?: CallSiteMode
  /** Scope that also counts what runs in this one: a test around a block. */
  readonly parent?: Scope | undefined
  /** True for what runs in no scope of its own; see `ProcessScope`. */
  readonly isAmbient?: boolean
  /** File of a test: what it repeats by itself is no loop of the application. */
  readonly testFile?: string | undefined
  /** True where who opened it judges it: what it sends is counted in the outer scope, and not judged there again. */
  readonly isJudged?: boolean
}

/**
 * The unit of work in which repetition is judged, while it is open.
 *
 * Scope binding. AsyncLocalStorage follows promises, but not connections: a pool runs the callback of a waiting caller
 * in the context of whoever released the connection, and a socket runs everything in the context of whoever opened it.
 * Read inside a driver callback the store is therefore another request's, which is worse than none. So the scope is
 * read exactly once per statement, synchronously in the outermost call the application made, and travels in the
 * message from there on; callbacks of the application are run inside that scope again, so that what they send next is
 * filed right too.
 */
export class Scope {
  readonly id: string
  name: string
  readonly kind: ScopeKind
  readonly callSites: CallSiteMode
  readonly parent: Scope | undefined
  /** True where it is never entered: the async context of its statements stays as empty as it was. */
  readonly isAmbient: boolean
  readonly testFile: string | undefined
  readonly isJudged: boolean
  readonly attributes: Record<string, string | number | boolean> = {}
  /** `performance.now()` at the start. */
  startedAt: number = now()
  endedAt = 0
  isClosed = false
  /** True where nobody will look at more than its numbers: no stack is taken, no row kept, nothing judged. */
  isCountedOnly = false
  /** Called when the scope closes, before the subscribers of the channel. */
  onClose: ((scope: Scope) => void) | undefined = undefined
  /** Closes it as who opened it does, with the name and attributes that are known by then. */
  closeNow: () => void = () => this.close()
  /** Of the tracer, where it was opened; see `TracerContexts`. */
  readonly context: unknown = state.contexts?.active()
  /** When the application had nothing more to do: what nonplus itself takes after that is no part of the duration. */
  restedAt: number | undefined = undefined
  /** What the recorder files here; dropped when the scope has been analysed, because promises may pin the scope. */
  record: unknown = undefined
  /** Set on the stand-in scope of {@link ignore}. */
  readonly ignoreReason: string | undefined

  constructor(options: ScopeOptions, ignoreReason?: string) {
    state.onScopeOpening?.()
    for (const opening of state.scopeOpenings) opening()
    this.id = `s${state.nextScope++}`
    this.name = options.name
    this.kind = options.kind
    this.callSites = options.callSites ?? 'all'
    this.parent = options.parent
    this.isAmbient = options.isAmbient === true
    this.testFile = options.testFile
    this.isJudged = options.isJudged === true
    this.ignoreReason = ignoreReason
    if (state.processScope !== undefined && isUnit(this)) state.processScope.retire()
  }

  /** Starts the clock anew, where the work comes later than the scope. */
  begin(): void {
    this.startedAt = now()
  }

  /** Ends the unit of work; the subscribers of the scope channel analyse it. A second call does nothing. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.endedAt = now()
    try {
      this.onClose?.(this)
      scopeEnd.publish(this)
    } catch (error) {
      reportFailure('scope end', error)
    }
    this.record = undefined
  }

  get info(): ScopeInfo {
    return {
      id: this.id,
      name: this.name,
      kind: this.kind,
      startedAt: new Date(timeOrigin + this.startedAt).toISOString(),
      durationMs: (this.restedAt ?? (this.isClosed ? this.endedAt : now())) - this.startedAt,
      attributes: this.attributes,
    }
  }
}

/** A block is a part of a script; a request or a job makes a server or a worker out of its process. */
function isUnit({ kind, isAmbient, ignoreReason }: Scope): boolean {
  return (kind === 'request' || kind === 'job') && !isAmbient && ignoreReason === undefined
}

/** The scope that is open here, or undefined. */
export function currentScope(): Scope | undefined {
  return state.storage.getStore()
}

/** The scope that a statement sent here is filed under: as {@link currentScope}, but for what is left to the process. */
export function filingScope(): Scope | undefined {
  return state.storage.getStore() ?? state.processScope?.current()
}

/** True where a statement sent here is filed under no scope and followed by nobody, so that nothing of it needs to be read. */
export function isOutside(): boolean {
  return state.storage.getStore() === undefined && state.processScope === undefined && !strayStart.hasSubscribers
}

/**
 * The scope a server was started in, if it is still open: a test that starts its own server and calls it. What is
 * found here may also be the scope of the request before this one on the same socket, whose parent counts then.
 */
export function enclosingScope(): Scope | undefined {
  let scope = state.storage.getStore() ?? state.processScope?.window()
  while (scope !== undefined && (scope.kind === 'request' || scope.isClosed)) scope = scope.parent
  return scope?.ignoreReason === undefined ? scope : undefined
}

/** Runs `fn` inside `scope`; what it starts stays in it across awaits. Does not close the scope. */
export function runIn<Result>(scope: Scope | undefined, fn: () => Result): Result {
  const entered = scope?.isAmbient ? undefined : scope
  return state.storage.getStore() === entered ? fn() : state.storage.run(entered as Scope, fn)
}

/**
 * Leaves out what `fn` sends: it is counted, but never judged. The reason is shown in the coverage of the report.
 *
 * @param reason why it is right as it is; must not be empty.
 * @throws TypeError where the reason is missing.
 */
export function ignore<Result>(reason: string, fn: () => Result): Result {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new TypeError(`ignore(reason, fn): reason must be a sentence, but got: ${JSON.stringify(reason)}.`)
  }
  if (typeof fn !== 'function') throw new TypeError(`ignore(reason, fn): fn must be a function, but got: ${typeof fn}.`)
  return runIn(new Scope({ name: 'ignored', kind: 'block' }, reason), () => {
    const result = fn()
    // a lazy query builder is sent by being awaited, which must happen in here
    return isThenable(result) && !isPlainPromise(result) ? (settle(result) as Result) : result
  })
}

async function settle<Value>(thenable: PromiseLike<Value>): Promise<Value> {
  return await thenable
}

/** True for promises and for query builders, which become one when they are awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

/** Only a native promise may be replaced or passed on: one of another class may be lazy, or have methods of its own. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && Object.getPrototypeOf(value) === Promise.prototype
}
