import { analyze } from './analyze.ts'
import { ClosedScope, noPlans, type PlanSource, traceWithPlans } from './closed-scope.ts'
import type { Scope } from './instrument/scope.ts'
import { reportFailure } from './instrument/state.ts'
import type { Finding } from './model/finding.ts'
import type { ReportScope } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import type { ProfilerOptions } from './options.ts'
import { ownRecordOf, recordOf, type ScopePart, type ScopeRecord } from './recorder.ts'
import { sumsOf } from './scope-sums.ts'
import { withValues } from './value-texts.ts'

/** One scope as it closed, with what was found in it. */
export interface ScopeResult {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
  /** Made when it is first read. */
  readonly trace: Trace
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

/** A scope that the assertion around it has judged. */
export function unjudged(scope: Scope): ScopeResult {
  const record = recordOf(scope)
  return new ClosedScope(summaryOf(scope, record), [], scope, record)
}

/** Judges a scope by its record, which the scope lets go of when it has closed. */
export function resultOfRecord(
  scope: Scope,
  record: ScopeRecord,
  options: ProfilerOptions,
  plansOf: PlanSource,
): ScopeResult {
  // where no shape ran twice there is nothing to prove but lists of one row, and plans
  const isWorthReading = !scope.isCountedOnly && (record.hasRepeats || record.hasSingleRowLists || plansOf !== noPlans)
  const findings = isWorthReading ? findingsOf(scope, record, options, plansOf) : []
  return new ClosedScope(summaryOf(scope, record), findings, scope, record, plansOf)
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
export function recordsToJudge(scope: Scope, record: ScopeRecord, isTest: boolean): ScopePart[] {
  const found: ScopePart[] = [{ scope, record: record.parts.length === 0 ? record : ownRecordOf(record) }]
  for (const part of record.parts) {
    if (part.scope.isJudged || (isTest && part.scope.kind === 'request')) continue
    found.push(...recordsToJudge(part.scope, part.record, isTest))
  }
  return found
}

function findIn(scope: Scope, record: ScopeRecord, options: ProfilerOptions, plansOf: PlanSource): Finding[] {
  const findings = analyze(traceWithPlans(scope, record, plansOf), options)
  return options.values === true ? withValues(findings, record.messages) : findings
}

/** A loop of the test itself is told, and fails nothing: tests look up what they have made. */
function softenIn(testFile: string | undefined, finding: Finding): Finding {
  const place = (finding.kind === 'n-plus-one' ? finding.loop : undefined) ?? finding.callSite
  return testFile !== undefined && place?.file === testFile ? { ...finding, severity: 'info' } : finding
}

function summaryOf(scope: Scope, record: ScopeRecord): ReportScope {
  return { ...scope.info, queries: sumsOf(record) }
}
