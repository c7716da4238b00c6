import { analyze } from './analyze.ts'
import { driverCoverage, processCoverage } from './coverage.ts'
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
import type { Report, ReportScope } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import { checkOptions, defaultCallSites, type ProfilerOptions } from './options.ts'
import { ownRecordOf, recordOf, type ScopeRecord, startRecorder } from './recorder.ts'
import { sumsOf } from './scope-sums.ts'
import { installServerTiming } from './server-timing.ts'
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
  let closed: ScopeResult | undefined
  let values: { values?: readonly string[] } = {}
  scope.onClose = () => {
    closed = resultOf(scope, options)
    if (options.values === true) values = { values: recordOf(scope).messages.map(valueText) }
  }
  try {
    // awaited inside: a query builder that is returned runs only when it is awaited
    const result = await runIn(scope, async () => await fn())
    scope.close()
    const { trace } = closed as unknown as ScopeResult
    return { result, report: scopeReport(closed as unknown as ScopeResult, trace), trace, ...values }
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
  #hasStopped = false

  constructor(options: ProfilerOptions) {
    this.#options = options
    state.profilers++
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
    return this.#kept.report(processCoverage())
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
    const result = isJudgedAround(scope) ? unjudged(scope) : resultOf(scope, this.#options)
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
  const record = recordOf(scope)
  // where no shape ran twice there is nothing to prove but lists of one row
  const isWorthReading = !scope.isCountedOnly && (record.hasRepeats || record.hasSingleRowLists)
  const findings = isWorthReading ? findingsOf(scope, record, options) : []
  return new ClosedScope(summaryOf(scope, record), findings, scope, record)
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

function findingsOf(scope: Scope, record: ScopeRecord, options: ProfilerOptions): Finding[] {
  try {
    return judge(scope, record, options)
  } catch (error) {
    reportFailure('trace', error)
    return []
  }
}

function judge(scope: Scope, record: ScopeRecord, options: ProfilerOptions): Finding[] {
  const { id, name, kind, testFile } = scope
  const findings = findingsIn(scope, record, options, kind === 'test')
  return findings.map((finding) => ({ ...softenIn(testFile, finding), scope: { id, name } }))
}

/** @param isTest where requests are left out: they are scopes of the same report. */
function findingsIn(scope: Scope, record: ScopeRecord, options: ProfilerOptions, isTest: boolean): Finding[] {
  const own = record.parts.length === 0 ? record : ownRecordOf(record)
  const findings = findIn(scope, own, options)
  for (const part of record.parts) {
    if (part.scope.isJudged || (isTest && part.scope.kind === 'request')) continue
    findings.push(...findingsIn(part.scope, part.record, options, isTest))
  }
  return findings
}

function findIn(scope: Scope, record: ScopeRecord, options: ProfilerOptions): Finding[] {
  const findings = analyze(buildTrace(scope, record), options)
  return options.values === true ? withValues(findings, record.messages) : findings
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

  constructor(scope: ReportScope, findings: readonly Finding[], source: Scope, record: ScopeRecord) {
    this.scope = scope
    this.findings = findings
    this.#source = source
    this.#record = record
  }

  get trace(): Trace {
    return buildTrace(this.#source, this.#record)
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
