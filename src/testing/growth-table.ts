import Table from 'cli-table3'
import { borderless } from '../reporters/summary.ts'
import type { Run } from './constant-queries.ts'
import { countOf } from './measure.ts'
import { isWanted, type QueryFilter } from './query-filter.ts'

/** The number of queries at each size, by what they do; those that grow are marked with how much a unit of size adds. */
export function renderGrowth(runs: readonly Run[], filter: QueryFilter): string {
  const table = new Table({
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
    head: ['', ...runs.map(({ size }) => `size ${size}`), ''],
    colAligns: ['left', ...runs.map(() => 'right' as const), 'left'],
  })
  for (const [summary, counts] of countsBySummary(runs, filter))
    table.push([summary, ...counts.map(String), mark(runs, counts)])
  const totals = runs.map(({ count }) => count)
  table.push(['in all', ...totals.map(String), mark(runs, totals)])
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function countsBySummary(runs: readonly Run[], filter: QueryFilter): [string, number[]][] {
  const rows = new Map<string, number[]>()
  for (const [index, { measured }] of runs.entries()) {
    for (const query of measured.queries.filter((one) => isWanted(one, filter))) {
      const counts = rows.get(query.summary) ?? runs.map(() => 0)
      counts[index] = (counts[index] as number) + countOf([query])
      rows.set(query.summary, counts)
    }
  }
  return [...rows]
}

function mark(runs: readonly Run[], counts: readonly number[]): string {
  const [first, last] = [runs[0] as Run, runs.at(-1) as Run]
  const added = (counts.at(-1) as number) - (counts[0] as number)
  if (added <= 0) return ''
  const perUnit = added / (last.size - first.size)
  return `+${Number.isInteger(perUnit) ? perUnit : perUnit.toFixed(1)} per unit`
}
