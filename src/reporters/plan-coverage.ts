import type { PlanCoverage } from '../model/report.ts'
import { formatCount } from './quantity.ts'

/** Reasons that are told; the rest is one sum. */
const reasonsTold = 4

/** What became of the statements whose plans were asked for: `plans: 37 explained; not explained: 3 (2 × locks rows, …)`. */
export function planCoverageLine({ explained, notExplained, incomplete = [] }: PlanCoverage): string {
  const failed = sum(notExplained)
  return [
    `plans: ${formatCount(explained)} explained`,
    ...(failed === 0 ? [] : [`not explained: ${formatCount(failed)} (${reasons(notExplained)})`]),
    ...(incomplete.length === 0 ? [] : [`in part: ${formatCount(sum(incomplete))} (${reasons(incomplete)})`]),
  ].join('; ')
}

function sum(sums: PlanCoverage['notExplained']): number {
  return sums.reduce((total, { count }) => total + count, 0)
}

function reasons(sums: PlanCoverage['notExplained']): string {
  const told = sums
    .slice(0, reasonsTold)
    .map(({ code, count }) => `${formatCount(count)} × ${code.replaceAll('-', ' ')}`)
  const rest = sum(sums.slice(reasonsTold))
  return [...told, ...(rest === 0 ? [] : [`${formatCount(rest)} others`])].join(', ')
}
