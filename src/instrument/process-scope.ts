import { setInterval } from 'node:timers'
import { isMainThread } from 'node:worker_threads'
import type { AmbientScopes } from './ambient-scopes.ts'
import { scopeMerge } from './channel.ts'
import { now } from './clock.ts'
import type { StatementMessage } from './message.ts'
import { processName } from './process-name.ts'
import { type CallSiteMode, Scope } from './scope.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

/** How the work of a process is parted. */
export interface ProcessScopeLimits {
  /** A pause without a statement that parts two pieces of work: longer than a round trip, shorter than a poll. */
  readonly quietMs: number
  /** A process that runs longer than this and pauses is taken for a worker, whose pieces are judged one by one. */
  readonly scriptMs: number
  /** A piece of work without a pause ends all the same: findings of a busy worker must not wait for its end. */
  readonly maxPieceMs: number
}

const LIMITS: ProcessScopeLimits = { quietMs: 500, scriptMs: 30_000, maxPieceMs: 60_000 }

/** Statements under way that are looked at; those that ended are let go when there are more. */
const MAX_RECENT = 100

/** Two scopes that turned out to be one. */
export interface ScopeMerge {
  readonly from: Scope
  readonly into: Scope
}

/**
 * The scope of what runs in no other, while the process has opened none: a script is one unit of work, a worker's loop
 * is many.
 *
 * Which of the two a process is shows only later, so its work is filed in pieces, parted by pauses. A process that ends
 * by itself was a script: the pieces become one scope. One that runs on for long, or has to be ended by a signal, was a
 * worker: each piece is a scope. And the first request or job makes it a server: what came before was its start-up, and
 * from then on a statement outside any scope is a warning again, since it may be a request's that lost its context.
 */
export class ProcessScope implements AmbientScopes {
  /** Called when it takes its first statement; returns what is called when it takes no more. */
  onStart: (() => () => void) | undefined
  #onStop: (() => void) | undefined
  readonly #callSites: CallSiteMode
  readonly #limits: ProcessScopeLimits
  readonly #startedAt = now()
  readonly #timer: NodeJS.Timeout
  readonly #recent: StatementMessage[] = []
  /** Pieces that have ended, while it is open what they are part of. */
  #pieces: Scope[] = []
  #open: Scope | undefined
  #hasRested = false
  /** A thread is given its work by messages, and is often terminated, of which it hears nothing. */
  #isWorker = !isMainThread

  constructor(callSites: CallSiteMode, limits: ProcessScopeLimits = LIMITS) {
    this.#callSites = callSites
    this.#limits = limits
    this.#timer = setInterval(() => this.#check(), limits.quietMs).unref()
  }

  /** The piece of work that a statement sent now belongs to. */
  current(): Scope {
    if (this.#open !== undefined && this.#isOver(this.#open)) this.#part()
    this.#open ??= new Scope({ name: processName(), kind: 'job', callSites: this.#callSites, isAmbient: true })
    return this.#open
  }

  unclosed(): readonly Scope[] {
    return this.#open === undefined ? this.#pieces : [...this.#pieces, this.#open]
  }

  /** None: what a block in a script sends is the block's alone. */
  window(): undefined {}

  /** Notes a statement of {@link current}: a pause begins when the last one has ended. */
  note(message: StatementMessage): void {
    if (this.onStart !== undefined) {
      this.#onStop = this.onStart()
      this.onStart = undefined
    }
    if (this.#hasRested) this.#setRest(undefined)
    if (this.#recent.length >= MAX_RECENT) this.#dropEnded()
    this.#recent.push(message)
  }

  /** The application has nothing more to do: unless it sends something yet, its work has ended now. */
  rest(): void {
    if (!this.#hasRested) this.#setRest(now())
  }

  #setRest(time: number | undefined): void {
    this.#hasRested = time !== undefined
    for (const scope of this.unclosed()) scope.restedAt = time
  }

  /** The process has opened a scope of its own: what was filed here was its start-up. */
  retire(): void {
    this.#stop(() => this.#closePieces(`start-up of ${processName()}`))
  }

  /** The process is about to end, by itself or by a signal. */
  finish(ending: 'exit' | 'signal'): void {
    this.#stop(() => {
      if (ending === 'exit' && !this.#isWorker && !isListening()) this.#mergePieces()
      this.#closePieces(nameNow())
    })
  }

  #stop(conclude: () => void): void {
    // first of all, since the scopes that are closed now may be heard by code that sends statements
    if (state.processScope === this) state.processScope = undefined
    clearInterval(this.#timer)
    try {
      this.#onStop?.()
      this.#endOpen()
      conclude()
    } catch (error) {
      reportFailure('process scope', error)
    }
  }

  #check(): void {
    try {
      if (this.#open !== undefined && this.#isOver(this.#open)) this.#part()
      const isLong = now() - this.#startedAt >= this.#limits.scriptMs
      if (this.#isWorker || !isLong || this.#pieces.length === 0) return
      this.#isWorker = true
      this.#closePieces(nameNow())
    } catch (error) {
      reportFailure('process scope', error)
    }
  }

  #isOver(scope: Scope): boolean {
    const time = now()
    if (time - scope.startedAt >= this.#limits.maxPieceMs) return true
    const { quietMs } = this.#limits
    const hasRested = (message: StatementMessage): boolean => message.hasEnded && time - message.endedAt >= quietMs
    const last = this.#recent.at(-1)
    // the last one first: in a loop it tells at once
    return last !== undefined && hasRested(last) && this.#recent.every(hasRested)
  }

  #part(): void {
    this.#endOpen()
    if (this.#isWorker) this.#closePieces(nameNow())
  }

  #endOpen(): void {
    // one that holds no statement: an operation of an ORM that sent none
    if (this.#open?.record !== undefined) this.#pieces.push(this.#open)
    this.#open = undefined
    this.#recent.length = 0
  }

  #closePieces(name: string): void {
    for (const piece of this.#pieces.splice(0)) {
      piece.name = name
      piece.close()
    }
  }

  #mergePieces(): void {
    const [into, ...others] = this.#pieces
    for (const from of others) {
      scopeMerge.publish({ from, into } as ScopeMerge)
      from.isClosed = true
      from.record = undefined
    }
    this.#pieces = into === undefined ? [] : [into]
  }

  #dropEnded(): void {
    const open = this.#recent.filter(({ hasEnded }) => !hasEnded)
    this.#recent.length = 0
    // half of it, so that statements that hang do not make this the work of every statement
    this.#recent.push(...open.slice(-MAX_RECENT / 2))
  }
}

/** Files what runs in no scope under one of the process from now on; does nothing when called again. */
export function installProcessScope(callSites: CallSiteMode): void {
  onceInProcess('process scope', () => {
    const scope = new ProcessScope(callSites)
    state.processScope = scope
    // the first listener, so that those who sum up at the exit find it closed
    process.on('exit', () => scope.finish('exit'))
    return scope
  })
}

/** Closes the scope of the process, if there is one; for a signal that is about to end it. */
export function finishProcessScope(): void {
  state.processScope?.finish('signal')
}

function nameNow(): string {
  return isListening() ? `start-up of ${processName()}` : processName()
}

function isListening(): boolean {
  return process.getActiveResourcesInfo().some((type) => type === 'TCPServerWrap' || type === 'PipeServerWrap')
}
