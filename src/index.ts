export { defineConfig, type NonplusConfig } from './config.ts'
export type { FailOn } from './gate.ts'
export { nameScope } from './instrument/http-route.ts'
export { instrument } from './instrument/instrument.ts'
export { ignore } from './instrument/scope.ts'
export type { Baseline, BaselineEntry } from './model/baseline.ts'
export { NonplusError } from './model/errors.ts'
export type {
  Advice,
  Confidence,
  DuplicateQueryFinding,
  Finding,
  FindingKind,
  FindingParent,
  FindingStatement,
  Growth,
  NPlusOneFinding,
  Rewrite,
  Severity,
} from './model/finding.ts'
export type { Coverage, DriverCoverage, Report, ReportBaseline, ReportScope, ScopeExecution } from './model/report.ts'
export type { Clause, Dialect, Slot, Statement, StatementKind } from './model/statement.ts'
export type {
  CallSite,
  Cell,
  Execution,
  Folded,
  Frame,
  ResultColumn,
  ResultSample,
  ScopeInfo,
  ScopeKind,
  Trace,
  ValueInfo,
  ValueToken,
} from './model/trace.ts'
export type { ExplainOption, ExplainWith, ProfilerOptions } from './options.ts'
export { createProfiler, type Profiled, type Profiler, profile, runInScope } from './profiler.ts'
export type { ReporterName } from './reporters/index.ts'
export type { ScopeResult } from './scope-result.ts'
export { currentQueries, type QuerySums } from './scope-sums.ts'
