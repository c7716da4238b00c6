import { ClosingScope } from './closing-scope.ts'
import { processCoverage } from './coverage.ts'
import { DelayedScopes } from './delayed-scopes.ts'
import { explainAtEnd } from './explain-at-end.ts'
import { type Explainer, explainerFor } from './explainer.ts'
import { scopeEnd, subscribeGuarded } from './instrument/channel.ts'
import { runScope } from './instrument/run-scope.ts'
import { currentScope, runIn, Scope } from './instrument/scope.ts'
import { reportFailure, state } from './instrument/state.ts'
import { KeptScopes } from './kept-scopes.ts'
import type { Report } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import { checkOptions, defaultCallSites, explainModeOf, type ProfilerOptions } from './options.ts'
import { ledgerOf, withPlans } from './plan-report.ts'
import { recordOf, type ScopeRecord } from './recorder.ts'
import { resultOf, type ScopeResult, unjudged } from './scope-result.ts'
import { startWatching, watchDrivers } from './start-watching.ts'
import { valueText } from './value-texts.ts'

/** Watches the process it was made in. */
export interface Profiler {
  /** Runs `fn` as one scope; see {@link profile}. */
  profile<Result>(name: string, fn: () => Result | Promise<Result>): Promise<Profiled<Result>>
  /** Called with each scope that closes; returns the way to stop that. An error it throws is caught and counted. */
  onScope(listener: (result: ScopeResult) => void): () => void
  /** Everything since the profiler was made; what a long run has too much of is summed up, see `unlisted`. */
  report(): Report
  /**
   * Resolves when the scopes that have closed are judged. They are at once, unless the option `explain` lets them wait for
   * the plans of their statements: until then {@link report} is without them.
   */
  settled(): Promise<void>
  /** Stops listening. Drivers stay hooked, since others may watch them too; unobserved hooks cost next to nothing. */
  stop(): void
}

/** What `profile()` resolves with. */
export interface Profiled<Result> {
  readonly result: Result
  readonly report: Report
  readonly trace: Trace
  /** By the id of each execution of the trace its values as a text; only where the option `values` asks for them. */
  readonly values?: readonly string[]
}

/**
 * Watches this process: hooks drivers as they are loaded, opens a scope per HTTP request, and judges each scope as it
 * closes.
 *
 * @throws NonplusError where an option is unknown or has a wrong value.
 */
export function createProfiler(options: ProfilerOptions = {}): Profiler {
  startWatching(checkOptions(options))
  return new ScopeProfiler(options)
}

/**
 * Runs `fn` as one scope and reports on what it sent.
 *
 * @param name of the scope, as reports show it.
 * @returns the result of `fn`, the report of this scope alone, and its trace.
 * @throws whatever `fn` throws.
 */
export function profile<Result>(
  name: string,
  fn: () => Result | Promise<Result>,
  options: ProfilerOptions = {},
): Promise<Profiled<Result>> {
  return profileBlock(name, fn, options, false)
}

/**
 * As {@link profile}, for an assertion.
 *
 * @param isJudged where the assertion looks at the findings, so that the test around it needs not.
 */
export async function profileBlock<Result>(
  name: string,
  fn: () => Result | Promise<Result>,
  options: ProfilerOptions,
  isJudged: boolean,
): Promise<Profiled<Result>> {
  checkOptions(options)
  watchDrivers()
  const scope = openBlock(name, options, isJudged)
  let closing: ClosingScope | undefined
  let values: { values?: readonly string[] } = {}
  const explainer = explainerOf(options)
  scope.onClose = () => {
    closing = new ClosingScope(scope, options, explainer)
    if (options.values === true) values = { values: recordOf(scope).messages.map(valueText) }
  }
  try {
    // awaited inside: a query builder that is returned runs only when it is awaited
    const result = await runIn(scope, async () => await fn())
    scope.close()
    const closed = closing as unknown as ClosingScope
    await closed.settled()
    return { result, ...closed.profiled(), ...values }
  } finally {
    scope.close()
  }
}

/**
 * Runs `fn` as one scope: for jobs, messages and whatever else is a unit of work of its own. Findings go where those
 * of requests go.
 *
 * @returns what `fn` returns; a promise is one that settles the same way, and the scope closes when it does.
 */
export function runInScope<Result>(
  name: string,
  fn: () => Result,
  { callSites = defaultCallSites() }: Pick<ProfilerOptions, 'callSites'> = {},
): Result {
  watchDrivers()
  return runScope({ name: checkScopeName(name), kind: 'job', callSites }, () => fn())
}

function openBlock(name: string, { callSites }: ProfilerOptions, isJudged: boolean): Scope {
  const outer = currentScope() ?? state.processScope?.window()
  const parent = outer?.kind === 'block' || outer?.kind === 'test' ? outer : undefined
  const isIgnored = outer?.ignoreReason !== undefined
  return new Scope({
    name: checkScopeName(name),
    kind: 'block',
    callSites: callSites ?? defaultCallSites(),
    parent: isIgnored ? undefined : parent,
    isJudged,
  })
}

function checkScopeName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw new TypeError(`The name of a scope must be a string that is not empty, but got: ${JSON.stringify(name)}.`)
}

class ScopeProfiler implements Profiler {
  readonly #options: ProfilerOptions
  readonly #listeners = new Set<(result: ScopeResult) => void>()
  readonly #kept = new KeptScopes()
  readonly #unsubscribe: () => void
  readonly #explainer: Explainer | undefined
  readonly #delayed: DelayedScopes | undefined
  #hasStopped = false

  constructor(options: ProfilerOptions) {
    this.#options = options
    state.profilers++
    this.#explainer = explainerOf(options)
    this.#delayed = this.#explainer === undefined ? undefined : new DelayedScopes(this.#explainer)
    this.#unsubscribe = subscribeGuarded<Scope>(scopeEnd, (scope) => this.#file(scope))
  }

  profile<Result>(name: string, fn: () => Result | Promise<Result>): Promise<Profiled<Result>> {
    return profile(name, fn, this.#options)
  }

  onScope(listener: (result: ScopeResult) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  report(): Report {
    const report = this.#kept.report(processCoverage(), waitingNotes(this.#delayed?.count ?? 0))
    return this.#explainer === undefined ? report : withPlans(report, ledgerOf(this.#explainer))
  }

  async settled(): Promise<void> {
    await this.#delayed?.whenIdle()
  }

  stop(): void {
    if (this.#hasStopped) return
    this.#hasStopped = true
    state.profilers--
    this.#unsubscribe()
    this.#listeners.clear()
  }

  #file(scope: Scope): void {
    // most tests of most suites ask the database nothing, and a block is a part of its test
    if (scope.kind === 'test' ? isEmpty(scope) : isPartOfTest(scope)) return
    if (isJudgedAround(scope)) this.#deliver(unjudged(scope))
    else if (this.#delayed === undefined) this.#deliver(resultOf(scope, this.#options))
    else {
      const closing = new ClosingScope(scope, this.#options, this.#explainer)
      this.#delayed.add(closing.waiting, () => this.#deliver(closing.result()))
    }
  }

  #deliver(result: ScopeResult): void {
    this.#kept.add(result.scope, result.findings)
    for (const listener of this.#listeners) {
      try {
        listener(result)
      } catch (error) {
        reportFailure('scope listener', error)
      }
    }
  }
}

function waitingNotes(count: number): string[] {
  if (count === 0) return []
  const advice = 'in this report: await settled() before report().'
  if (count === 1) return [`1 scope waits for the plans of statements, and is not ${advice}`]
  return [`${count} scopes wait for the plans of statements, and are not ${advice}`]
}

/** Undefined where plans are not asked for, and where nonplus is off. */
function explainerOf(options: ProfilerOptions): Explainer | undefined {
  const how = explainModeOf(options)
  if (how === undefined || process.env.NONPLUS === '0') return undefined
  explainAtEnd()
  return explainerFor(how, options.values === true)
}

function isEmpty({ record }: Scope): boolean {
  return record === undefined || (record as ScopeRecord).counts.size === 0
}

function isPartOfTest({ kind, parent }: Scope): boolean {
  return kind === 'block' && parent !== undefined && (parent.kind === 'test' || isPartOfTest(parent))
}

/** True for a request inside a block whose assertion has looked at it, and failed or not. */
function isJudgedAround({ parent }: Scope): boolean {
  return parent !== undefined && (parent.isJudged || isJudgedAround(parent))
}
