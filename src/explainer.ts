import { AsyncResource } from 'node:async_hooks'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { Refused, refuse } from './explain/refusals.ts'
import type { StatementMessage } from './instrument/message.ts'
import { onceInProcess, reportFailure, state } from './instrument/state.ts'
import type { ExplainedStatement } from './model/plan.ts'
import type { Trace } from './model/trace.ts'
import type { ExplainWith } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { runStudy, type StudyOptions } from './run-study.ts'
import { sessionBook } from './session-book.ts'
import { SideConnectionError, SideConnections } from './side-connections.ts'
import type { OwnRefusal, Study } from './study.ts'
import { StudyBook } from './study-book.ts'
import { type Candidate, candidatesOf } from './study-candidates.ts'

/** Statements that are studied per second, once as many were studied at once. */
const PER_SECOND = 50

/** Longest time one statement may take, whatever becomes of the network. Milliseconds. */
const MAX_STUDY_MS = 30_000

/** Longest time `profile()` waits for the plans of its statements. Milliseconds. */
const MAX_AWAITED_MS = 10_000

/** Statements beyond the bound of a process that are counted one by one. */
const MAX_REFUSED = 10_000

/** What was sent in a scope, as far as plans are concerned. */
export interface Studying {
  readonly candidates: readonly Candidate[]
  /** Studies that are not settled yet. */
  readonly waiting: readonly Study[]
}

/**
 * Learns the plans of what was sent: off the path of the application, one statement at a time, at a bounded rate, on
 * connections of its own. One per process and way of explaining.
 */
export class Explainer {
  readonly book: StudyBook = new StudyBook()
  /** Called with each study that settles. */
  readonly onSettled: Set<(study: Study) => void> = new Set()
  /** Fingerprints of statements that came when the book was full. */
  readonly refused: Map<string, Candidate['statement']> = new Map()
  readonly #options: StudyOptions
  readonly #connections = new SideConnections()
  readonly #rate = new RateLimit(PER_SECOND)
  /** Deliveries must not run in the context of whoever closed a scope. */
  readonly #context = new AsyncResource('nonplus')
  readonly #queue = new Set<Study>()
  #isAtWork = false
  #isOver = false

  constructor(options: StudyOptions) {
    this.#options = options
    sessionBook()
    state.wantsAsides = true
  }

  /** Files the statements of a scope; those that are new are studied soon. */
  take(messages: readonly StatementMessage[], scope: string): Studying {
    const candidates = candidatesOf(
      messages,
      (message) => sessionBook().sessionOf(message),
      (statement) => this.book.wantsLoop(statement),
    )
    const waiting = candidates.flatMap((candidate) => this.#file(candidate, scope) ?? [])
    this.#start()
    return { candidates, waiting }
  }

  /** What is known by now of the statements of a trace. */
  plansOf(trace: Trace, candidates: readonly Candidate[]): ExplainedStatement[] {
    return this.book.plansOf(trace, candidates)
  }

  /** Resolves when these are settled, at the latest after a time; never rejects. */
  async settled(studies: readonly Study[], withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => this.whenSettled(studies, withinMs, () => resolve()))
  }

  /** As long as it makes sense to wait for one scope; keeps the process alive meanwhile, since somebody awaits it. */
  async settledInTime(studies: readonly Study[]): Promise<void> {
    const alive = setInterval(() => {}, 1_000)
    await this.settled(studies, MAX_AWAITED_MS)
    clearInterval(alive)
  }

  /** Calls `then` once when these are settled, at the latest after a time. */
  whenSettled(studies: readonly Study[], withinMs: number, then: (isComplete: boolean) => void): () => void {
    const open = new Set(studies.filter((study) => !study.isSettled))
    const end = (isComplete: boolean): void => {
      clearTimeout(timer)
      for (const [study, listener] of listeners) study.listeners.delete(listener)
      this.#context.runInAsyncScope(then, undefined, isComplete)
    }
    const timer = setTimeout(() => end(false), withinMs).unref()
    const listeners = [...open].map((study) => {
      const listener = (): void => {
        open.delete(study)
        if (open.size === 0) end(true)
      }
      study.listeners.add(listener)
      return [study, listener] as const
    })
    if (open.size === 0) end(true)
    return () => {
      clearTimeout(timer)
      for (const [study, listener] of listeners) study.listeners.delete(listener)
    }
  }

  /** Studies that are not settled. */
  get remaining(): number {
    return this.#queue.size
  }

  /** No more waiting: the process is about to end, and does nothing else. */
  hurry(): void {
    this.#rate.lift()
    this.#start()
  }

  /** Refuses what is left, since the process ends; what comes later, too. */
  endNow(): void {
    this.#isOver = true
    this.giveUp()
  }

  /** Refuses what is left. */
  giveUp(): void {
    for (const study of [...this.#queue]) this.#refuse(study, 'process-ended')
  }

  closeConnections(): Promise<void> {
    return this.#connections.closeAll()
  }

  #file(candidate: Candidate, scope: string): Study | undefined {
    const study = this.book.file(candidate, scope)
    if (study === undefined) {
      const { fingerprint } = candidate.statement
      if (this.refused.size < MAX_REFUSED) this.refused.set(fingerprint, candidate.statement)
      return undefined
    }
    if (study.isSettled) return undefined
    if (study.target === undefined) this.#refuse(study, 'driver-unsupported', candidate.driver.name)
    else if (this.#isOver) this.#refuse(study, 'process-ended')
    else this.#queue.add(study)
    return study.isSettled ? undefined : study
  }

  #refuse(study: Study, code: OwnRefusal, detail?: string): void {
    study.waiting = []
    study.isRunning = false
    study.refusal ??= refuse(code, detail)
    this.#settle(study)
  }

  #settle(study: Study): void {
    this.#queue.delete(study)
    for (const listener of this.onSettled) listener(study)
    study.settle()
  }

  #start(): void {
    if (this.#isAtWork || this.#queue.size === 0 || this.#isOver) return
    this.#isAtWork = true
    this.#context.runInAsyncScope(() => {
      // nobody waits for it: what fails is filed with the study, or counted
      this.#work()
        .catch((error) => reportFailure('explainer', error))
        .finally(() => {
          this.#isAtWork = false
        })
    })
  }

  async #work(): Promise<void> {
    for (let study = this.#next(); study !== undefined; study = this.#next()) {
      await this.#rate.take()
      // the process may have ended meanwhile
      if (!this.#queue.has(study)) continue
      await this.#study(study)
    }
  }

  /** What the server said of first, then what took longest. */
  #next(): Study | undefined {
    let best: Study | undefined
    for (const study of this.#queue) if (best === undefined || isBefore(study, best)) best = study
    return best
  }

  async #study(study: Study): Promise<void> {
    const target = study.target
    if (target === undefined) return
    study.isRunning = true
    const deadline = new Deadline(MAX_STUDY_MS)
    try {
      const learn = this.#connections.use(target, (connection) => runStudy(study, connection, this.#options))
      await Promise.race([learn, deadline.promise])
      if (study.refusal?.code === 'connection-failed') await this.#connections.drop(target.key)
    } catch (error) {
      this.#fail(study, error)
      if (deadline.isOver) void this.#connections.drop(target.key)
    } finally {
      deadline.clear()
    }
    study.isRunning = false
    if (this.#isOver) return
    // classes may have come meanwhile
    if (study.isSettled) this.#settle(study)
  }

  #fail(study: Study, error: unknown): void {
    const isRefused = error instanceof Refused
    if (!isRefused && !(error instanceof SideConnectionError)) reportFailure('explainer', error)
    study.waiting = []
    study.refusal ??= isRefused ? error.refusal : refuse('connection-failed', messageOf(error))
  }
}

function isBefore(one: Study, other: Study): boolean {
  if (one.noIndexUsed !== other.noIndexUsed) return one.noIndexUsed
  return one.durationMs > other.durationMs
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A time after which a promise rejects. */
class Deadline {
  readonly promise: Promise<never>
  isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(withinMs: number) {
    this.promise = new Promise((_, reject) => {
      this.#timer = setTimeout(() => {
        this.isOver = true
        reject(new SideConnectionError(`no answer within ${withinMs / 1_000} s`))
      }, withinMs).unref()
    })
    this.promise.catch(() => {})
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

/** The explainer of this process for a way of explaining; made with the first call. */
export function explainerFor(how: ExplainWith, values: boolean): Explainer {
  if (how === 'auto_explain') state.wantsAutoExplain = true
  const mode = how === 'analyze' ? 'analyze' : 'plan'
  return onceInProcess(`explainer ${how} ${values}`, () => {
    const explainer = new Explainer({ mode, values })
    explainers().add(explainer)
    return explainer
  })
}

/** Every explainer of this process. */
export function explainers(): Set<Explainer> {
  return onceInProcess('explainers', () => new Set<Explainer>())
}
