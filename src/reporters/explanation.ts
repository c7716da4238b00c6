import type { Plan, Refusal } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { renderFinding } from './finding-text.ts'
import { groupByIdentity } from './grouping.ts'
import { indent, paint, printable, printableCode, wrap } from './layout.ts'
import { renderPlanExcerpt } from './plan-excerpt.ts'
import { isPlanFinding, originOf } from './plan-words.ts'
import type { ReporterContext } from './reporter.ts'

/** What was learnt about one statement, for people. */
export interface Explanation {
  readonly report: Report
  readonly plan?: Plan
  /** Of the same statement for unknown parameters, where it is another one. */
  readonly generic?: Plan
  /** Other plans of the same statement that were saved with it. */
  readonly others?: readonly Plan[]
  /** Where it was found, where there are several. */
  readonly from?: string
  readonly refusals: readonly Refusal[]
  /** Statements that show the plan, to be run by hand; empty where there are none. */
  readonly reproduction: readonly string[]
}

const treeLines = 80

/** Several, one below the other, each with a heading of where it was found. */
export function renderExplanations(explanations: readonly Explanation[], context: ReporterContext): string {
  return explanations.map((explanation) => renderExplanation(explanation, context)).join('\n')
}

/**
 * For people at a terminal: the plan with the guilty node marked, what was found in it, what was not done and why, and
 * how to see it oneself.
 *
 * @returns text that ends in one newline.
 */
export function renderExplanation(explanation: Explanation, context: ReporterContext): string {
  const { report, plan, generic, others = [], from, refusals, reproduction } = explanation
  const width = Math.max(context.width, 20)
  const groups = groupByIdentity(report.findings)
  const inner = { ...context, hasNoCode: true, isPlanShown: true }
  const guilty = groups.map(({ worst }) => worst).find((worst) => isPlanFinding(worst) && worst.plan.plan === plan)
  const node = guilty !== undefined && isPlanFinding(guilty) ? guilty.plan.node : undefined
  const blocks = [
    ...(from === undefined ? [] : [paint(printable(from), ['cyan', 'bold'], context.color)]),
    ...(plan === undefined ? [] : [renderTree(plan, node, context)]),
    ...(generic === undefined ? [] : [renderTree(generic, undefined, context)]),
    ...others.map((other) => renderTree(other, undefined, context)),
    ...groups.map(({ worst, findings }) => renderFinding(worst, undefined, inner, findings)),
    ...(plan !== undefined && groups.length === 0 ? [paint('No findings.', ['green'], context.color)] : []),
    refusals.flatMap((refusal) => renderRefusal(refusal, plan === undefined, width, context.color)).join('\n'),
    renderReproduction(reproduction, width, context.color),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function renderTree(plan: Plan, node: number | undefined, { color, width }: ReporterContext): string {
  const head = wrap(printable(originOf(plan)), width).map((line) => paint(line, ['bold'], color))
  const tree = renderPlanExcerpt(plan, node, treeLines, { color, width: Math.max(width - 2, 18) })
  return [...head, '', ...indent(tree, 2)].join('\n')
}

function renderRefusal({ code, message }: Refusal, isWhole: boolean, width: number, color: boolean): string[] {
  const label = isWhole ? 'not explained' : 'note'
  const [first = '', ...others] = wrap(`${label}: ${printable(message)} (${code})`, width)
  return [paint(first, ['yellow'], color), ...indent(others, 2).map((line) => paint(line, ['yellow'], color))]
}

function renderReproduction(statements: readonly string[], width: number, color: boolean): string {
  if (statements.length === 0) return ''
  const lines = statements.flatMap((statement) => statement.split('\n').map(printableCode))
  const head = wrap('By hand, as safely:', width)
  return [...head, ...indent(lines, 2)].map((line) => paint(line, ['dim'], color)).join('\n')
}
