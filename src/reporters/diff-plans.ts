import type { Change, PlanDiff, ReportDiff } from '../model/report-diff.ts'
import { indent, paint, printable, type Style, truncate, wrap } from './layout.ts'
import { renderPlanExcerpt } from './plan-excerpt.ts'
import { originOf } from './plan-words.ts'
import { formatCost, formatCount, formatDuration } from './quantity.ts'
import type { ReporterContext } from './reporter.ts'

const plansShown = 10
const linesPerPlan = 12

type Width = Pick<ReporterContext, 'color' | 'width'>

/** `SELECT orders: cost 61.2 → 12,154 (199×), 0.3 ms → 42 ms: the index orders.orders_customer_id_idx is gone`. */
export function planFacts({ summary, cost, timeMs, causes }: PlanDiff): string {
  const numbers = [
    ...(cost === undefined ? [] : [`cost ${formatCost(cost.before)} → ${formatCost(cost.after)}${factorOf(cost)}`]),
    ...(timeMs === undefined ? [] : [`${formatDuration(timeMs.before)} → ${formatDuration(timeMs.after)}`]),
  ]
  const facts = [...(numbers.length === 0 ? [] : [numbers.join(', ')]), causes.map(({ text }) => text).join('; ')]
  return printable([summary, ...facts].join(': '))
}

function factorOf({ before, after }: Change): string {
  const factor = Math.max(before, after) / Math.max(Math.min(before, after), 0.01)
  return factor < 1.05 ? '' : ` (${factor < 10 ? factor.toFixed(1).replace(/\.0$/, '') : formatCount(factor)}×)`
}

const styles: Readonly<Record<PlanDiff['change'], readonly Style[]>> = {
  regression: ['bold', 'red'],
  improvement: ['bold', 'green'],
  changed: ['dim'],
}

/** Plans that changed, with the trees of both sides, and the first node that differs marked. */
export function renderPlanDiffs({ plans = [] }: ReportDiff, context: Width): string[] {
  const hidden = plans.length - plansShown
  const more = hidden > 0 ? [paint(`${formatCount(hidden)} more plans changed`, ['dim'], context.color)] : []
  return [...plans.slice(0, plansShown).map((diff) => renderPlanDiff(diff, context)), ...more]
}

function renderPlanDiff(diff: PlanDiff, { color, width }: Width): string {
  const word = `plan ${diff.change}`
  const [first = '', ...others] = wrap(`${word}  ${planFacts(diff)}`, width)
  const head = first.startsWith(word) ? paint(word, styles[diff.change], color) + first.slice(word.length) : first
  const inner = { color, width: Math.max(width - 4, 16) }
  const scopes = diff.scopes.length === 0 ? [] : [`in ${diff.scopes.map(printable).join(', ')}`]
  return [
    head,
    ...indent(others, 2),
    ...indent(
      scopes.flatMap((text) => wrap(text, width - 2)),
      2,
    ),
    ...indent(treesOf(diff, inner), 2),
  ].join('\n')
}

/** Both trees, each below a line that says which it is. */
export function treesOf({ before, after, node }: PlanDiff, context: Width): string[] {
  const sides = [
    ['before', before, node.before],
    ['after', after, node.after],
  ] as const
  return sides.flatMap(([name, plan, marked]) => [
    truncate(`${name}: ${printable(originOf(plan))}`, context.width + 2),
    ...indent(renderPlanExcerpt(plan, marked, linesPerPlan, context), 2),
  ])
}
