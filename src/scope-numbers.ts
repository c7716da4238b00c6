import type { Report, ReportScope, ScopeTotals } from './model/report.ts'
import type { ScopeNumbers, Spread } from './model/report-diff.ts'

/** By name, the counts of the scopes of a report. Of those that are only summed up, the average stands for the middle. */
export function scopeNumbersOf({ scopes, unlisted = [] }: Report): Map<string, ScopeNumbers> {
  const listed = new Map<string, ReportScope[]>()
  for (const scope of scopes) {
    const list = listed.get(scope.name)
    if (list === undefined) listed.set(scope.name, [scope])
    else list.push(scope)
  }
  const numbers = new Map([...listed].map(([name, all]) => [name, numbersOf(all)]))
  for (const totals of unlisted) {
    const known = numbers.get(totals.name)
    numbers.set(totals.name, known === undefined ? averageOf(totals) : extend(known, totals))
  }
  return numbers
}

function numbersOf(scopes: readonly ReportScope[]): ScopeNumbers {
  return {
    runs: scopes.length,
    queries: spreadOf(scopes.map(({ queries }) => queries.count)),
    databaseMs: spreadOf(scopes.map(({ queries }) => queries.durationMs)).median,
    rows: spreadOf(scopes.map(({ queries }) => queries.rows)).median,
  }
}

/** The lowest, the lower of the two in the middle where there are two, and the highest. */
function spreadOf(counts: readonly number[]): Spread {
  const sorted = [...counts].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? 0
  return { least: at(0), median: at(Math.floor((sorted.length - 1) / 2)), most: at(sorted.length - 1) }
}

function averageOf({ scopes, queries, least, most }: ScopeTotals): ScopeNumbers {
  return {
    runs: scopes,
    queries: { least, median: Math.round(queries.count / scopes), most },
    databaseMs: queries.durationMs / scopes,
    rows: Math.round(queries.rows / scopes),
  }
}

function extend(known: ScopeNumbers, { scopes, least, most }: ScopeTotals): ScopeNumbers {
  const { queries } = known
  return {
    ...known,
    runs: known.runs + scopes,
    queries: { ...queries, least: Math.min(queries.least, least), most: Math.max(queries.most, most) },
  }
}
