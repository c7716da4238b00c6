import { analyze } from './analyze.ts'
import { driverCoverage, processCoverage } from './coverage.ts'
import { DelayedScopes } from './delayed-scopes.ts'
import { explainAtEnd } from './explain-at-end.ts'
import { type Explainer, explainerFor, type Studying } from './explainer.ts'
import { hookBluebird } from './instrument/bluebird.ts'
import { hookBookshelf } from './instrument/bookshelf.ts'
import { scopeEnd, subscribeGuarded } from './instrument/channel.ts'
import { hookGraphql } from './instrument/graphql.ts'
import { installHttpScopes } from './instrument/http.ts'
import { installScopeLibraries } from './instrument/install-scope-libraries.ts'
import { hookKnex } from './instrument/knex.ts'
import { watchLambda } from './instrument/lambda.ts'
import { installLoader } from './instrument/loader.ts'
import { hookMikroOrm } from './instrument/mikro-orm.ts'
import { hookPrisma } from './instrument/prisma.ts'
import { installProcessScope } from './instrument/process-scope.ts'
import { runScope } from './instrument/run-scope.ts'
import { isSandboxed } from './instrument/sandbox.ts'
import { currentScope, runIn, Scope } from './instrument/scope.ts'
import { hookSequelize } from './instrument/sequelize.ts'
import { hookSlonik } from './instrument/slonik.ts'
import { reportFailure, state } from './instrument/state.ts'
import { hookTypeorm } from './instrument/typeorm.ts'
import { KeptScopes } from './kept-scopes.ts'
import type { Finding } from './model/finding.ts'
import type { ExplainedStatement } from './model/plan.ts'
import type { Report, ReportScope } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import { checkOptions, defaultCallSites, explainModeOf, type ProfilerOptions } from './options.ts'
import { ledgerOf, ledgerOfScope, withPlans } from './plan-report.ts'
import { ownRecordOf, recordOf, type ScopePart, type ScopeRecord, startRecorder } from './recorder.ts'
import { sumsOf } from './scope-sums.ts'
import { installServerTiming } from './server-timing.ts'
import type { Study } from './study.ts'
import { buildTrace } from './trace-builder.ts'
import { valueText, withValues } from './value-texts.ts'
import { version } from './version.ts'

/** One scope as it closed, with what was found in it. */
export interface ScopeResult {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
  /** Made when it is first read. */
  readonly trace: Trace
}

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

/** Hooks drivers as they are loaded, and opens the scopes that the options ask for; nobody judges them yet. */
export function startWatching(options: ProfilerOptions): void {
  watch()
  if (process.env.NONPLUS !== '0') {
    const callSites = options.callSites ?? defaultCallSites()
    if (options.http !== false) {
      installServerTiming(options)
      installHttpScopes({ callSites })
      watchLambda(callSites)
    }
    if (options.jobs !== false) installScopeLibraries(callSites)
    if (options.processScope === true) installProcessScope(callSites)
  }
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
  watch()
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
  watch()
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

let isWatching = false

/** Looks through all loaded modules, so only once; again where every hook has been taken out, or no load is seen. */
function watch(): void {
  if ((isWatching && state.drivers.size > 0 && !isSandboxed) || process.env.NONPLUS === '0') return
  isWatching = true
  startRecorder()
  installLoader()
  hookBluebird()
  hookBookshelf()
  hookKnex()
  hookMikroOrm()
  hookPrisma()
  hookSequelize()
  hookSlonik()
  hookTypeorm()
  hookGraphql()
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

function unjudged(scope: Scope): ScopeResult {
  const record = recordOf(scope)
  return new ClosedScope(summaryOf(scope, record), [], scope, record)
}

/** Judges a scope that has closed, and not let go of its record yet. */
export function resultOf(scope: Scope, options: ProfilerOptions): ScopeResult {
  return resultOfRecord(scope, recordOf(scope), options, noPlans)
}

/** Judges what a scope that goes on has done so far. */
export function resultSoFar(scope: Scope, options: ProfilerOptions): ScopeResult {
  const result = resultOf(scope, options)
  forgetTraces(recordOf(scope))
  return result
}

function forgetTraces(record: ScopeRecord): void {
  record.trace = undefined
  for (const part of record.parts) forgetTraces(part.record)
}

/** Plans of the statements of a trace. */
type PlanSource = (trace: Trace) => readonly ExplainedStatement[]

const noPlans: PlanSource = () => []

/** The record is let go of by its scope when that has closed. */
function resultOfRecord(scope: Scope, record: ScopeRecord, options: ProfilerOptions, plansOf: PlanSource): ScopeResult {
  // where no shape ran twice there is nothing to prove but lists of one row, and plans
  const isWorthReading = !scope.isCountedOnly && (record.hasRepeats || record.hasSingleRowLists || plansOf !== noPlans)
  const findings = isWorthReading ? findingsOf(scope, record, options, plansOf) : []
  return new ClosedScope(summaryOf(scope, record), findings, scope, record, plansOf)
}

/** A scope that has closed, and is judged when the plans of its statements are there. */
class ClosingScope {
  /** Studies of its statements that are not settled. */
  readonly waiting: readonly Study[]
  readonly #scope: Scope
  readonly #record: ScopeRecord
  readonly #options: ProfilerOptions
  readonly #explainer: Explainer | undefined
  readonly #studying: Studying | undefined
  #result: ScopeResult | undefined

  constructor(scope: Scope, options: ProfilerOptions, explainer: Explainer | undefined) {
    this.#scope = scope
    this.#record = recordOf(scope)
    this.#options = options
    this.#explainer = explainer
    this.#studying = explainer?.take(this.#record.messages, scope.name)
    this.waiting = this.#studying?.waiting ?? []
    if (this.#studying === undefined) this.#result = resultOf(scope, options)
    // rows are the application's, which may change them later
    else readNow(scope, this.#record, scope.kind === 'test')
  }

  /** Resolves when it may be judged. */
  async settled(): Promise<void> {
    if (this.waiting.length > 0) await this.#explainer?.settledInTime(this.waiting)
  }

  result(): ScopeResult {
    this.#result ??= resultOfRecord(this.#scope, this.#record, this.#options, (trace) => this.#plansOf(trace))
    return this.#result
  }

  profiled(): Pick<Profiled<unknown>, 'report' | 'trace'> {
    const result = this.result()
    const { trace } = result
    const report = scopeReport(result, trace)
    if (this.#explainer === undefined || this.#studying === undefined) return { report, trace }
    return { report: withPlans(report, ledgerOfScope(this.#explainer, this.#studying.candidates)), trace }
  }

  #plansOf(trace: Trace): readonly ExplainedStatement[] {
    return this.#explainer?.plansOf(trace, this.#studying?.candidates ?? []) ?? []
  }
}

/** Builds the traces that will be judged, while the rows are what was read. */
function readNow(scope: Scope, record: ScopeRecord, isTest: boolean): void {
  try {
    for (const part of recordsToJudge(scope, record, isTest)) buildTrace(part.scope, part.record)
    buildTrace(scope, record)
  } catch (error) {
    reportFailure('trace', error)
  }
}

function findingsOf(scope: Scope, record: ScopeRecord, options: ProfilerOptions, plansOf: PlanSource): Finding[] {
  try {
    return judge(scope, record, options, plansOf)
  } catch (error) {
    reportFailure('trace', error)
    return []
  }
}

function judge(scope: Scope, record: ScopeRecord, options: ProfilerOptions, plansOf: PlanSource): Finding[] {
  const { id, name, kind, testFile } = scope
  const parts = recordsToJudge(scope, record, kind === 'test')
  const findings = parts.flatMap((part) => findIn(part.scope, part.record, options, plansOf))
  return findings.map((finding) => ({ ...softenIn(testFile, finding), scope: { id, name } }))
}

/**
 * What a scope sent itself, and each unit of work inside it.
 *
 * @param isTest where requests are left out: they are scopes of the same report.
 */
function recordsToJudge(scope: Scope, record: ScopeRecord, isTest: boolean): ScopePart[] {
  const found: ScopePart[] = [{ scope, record: record.parts.length === 0 ? record : ownRecordOf(record) }]
  for (const part of record.parts) {
    if (part.scope.isJudged || (isTest && part.scope.kind === 'request')) continue
    found.push(...recordsToJudge(part.scope, part.record, isTest))
  }
  return found
}

function findIn(scope: Scope, record: ScopeRecord, options: ProfilerOptions, plansOf: PlanSource): Finding[] {
  const findings = analyze(traceWith(buildTrace(scope, record), plansOf), options)
  return options.values === true ? withValues(findings, record.messages) : findings
}

function traceWith(trace: Trace, plansOf: PlanSource): Trace {
  return plansOf === noPlans ? trace : { ...trace, plans: plansOf(trace) }
}

/** A loop of the test itself is told, and fails nothing: tests look up what they have made. */
function softenIn(testFile: string | undefined, finding: Finding): Finding {
  const place = (finding.kind === 'n-plus-one' ? finding.loop : undefined) ?? finding.callSite
  return testFile !== undefined && place?.file === testFile ? { ...finding, severity: 'info' } : finding
}

/** Most scopes hold no finding, and nobody asks for their traces: so a trace is made when it is asked for. */
class ClosedScope implements ScopeResult {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
  readonly #source: Scope
  readonly #record: ScopeRecord
  readonly #plansOf: PlanSource

  constructor(
    scope: ReportScope,
    findings: readonly Finding[],
    source: Scope,
    record: ScopeRecord,
    plansOf: PlanSource = noPlans,
  ) {
    this.scope = scope
    this.findings = findings
    this.#source = source
    this.#record = record
    this.#plansOf = plansOf
  }

  get trace(): Trace {
    return traceWith(buildTrace(this.#source, this.#record), this.#plansOf)
  }
}

function summaryOf(scope: Scope, record: ScopeRecord): ReportScope {
  return { ...scope.info, queries: sumsOf(record) }
}

function scopeReport({ scope, findings }: ScopeResult, trace: Trace): Report {
  const { drivers, warnings } = driverCoverage()
  const located = trace.executions.filter(({ callSite }) => callSite !== undefined).length
  const seen = trace.executions.length + trace.folded.reduce((sum, { count }) => sum + count, 0)
  const notes = drivers.some(({ via }) => via !== 'none')
    ? []
    : ['No driver was loaded where nonplus could see it. Load nonplus first, or call instrument(driver).']
  return {
    version: 1,
    tool: { name: 'nonplus', version },
    scopes: [scope],
    findings,
    coverage: { seen, attributed: seen, withCallSite: located, drivers, warnings: [...warnings, ...notes] },
  }
}
