import { driverCoverage } from './coverage.ts'
import type { Report } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import type { ScopeResult } from './scope-result.ts'
import { version } from './version.ts'

/** A report of one scope alone. */
export function scopeReport({ scope, findings }: ScopeResult, trace: Trace): Report {
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
