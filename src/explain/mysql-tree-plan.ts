import type { Plan } from '../model/plan.ts'
import { type MysqlStep, mysqlDraft } from './mysql-steps.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { mistaken, unreadable } from './unreadable-plan.ts'

interface Line {
  readonly depth: number
  readonly step: MysqlStep & { readonly steps: MysqlStep[] }
}

/**
 * Reads a plan of MySQL as EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE print it. Numbers may be `1.08e+9` and `40e-6`; a
 * condition may go on over several lines.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it has no line that begins with `->`.
 */
export function mysqlTreePlan(text: string, about: PlanOrigin = {}): Plan {
  const lines = linesOf(text).map(lineOf)
  const [first] = lines
  const cut = lines.find(({ step }) => /\((?:cost|actual time)=[^)]*$/.test(step.label))
  if (cut !== undefined)
    throw mistaken('a plan of MySQL', `a text that was cut: it ends within line ${lines.indexOf(cut) + 1}`)
  if (first === undefined) throw unreadable('lines of EXPLAIN FORMAT=TREE, each beginning with `->`', text)
  const roots: MysqlStep[] = []
  const open: Line[] = []
  for (const line of lines) {
    while (open.length > 0 && (open.at(-1) as Line).depth >= line.depth) open.pop()
    const parent = open.at(-1)
    if (parent === undefined) roots.push(line.step)
    else parent.step.steps.push(line.step)
    open.push(line)
  }
  const [main, ...subqueries] = roots
  const root = finishTree(mysqlDraft(main as MysqlStep, subqueries))
  return {
    engine: 'mysql',
    serverVersion: about.serverVersion ?? '',
    format: 'mysql-tree',
    mode: about.mode ?? (root.loops === undefined ? 'plan' : 'analyze'),
    fingerprint: planFingerprint(root, 'mysql'),
    root,
    warnings: [],
  }
}

function linesOf(text: string): string[] {
  const lines: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*-> /.test(line)) lines.push(line)
    else if (line.trim() !== '' && lines.length > 0) lines.push(`${lines.pop()}\n${line}`)
  }
  return lines
}

const number = String.raw`(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf|-?nan)`
const numbers = new RegExp(
  String.raw`\s*(?:\((?:cost=(${number})(?:\.\.(${number}))? )?rows=(${number})\))?\s*` +
    String.raw`(?:\(actual time=(${number})\.\.(${number}) rows=(${number}) loops=(${number})\)|\((never executed)\))?\s*$`,
)

function lineOf(line: string): Line {
  const [, spaces = '', rest = ''] = /^(\s*)-> (.*)$/s.exec(line) ?? []
  const match = numbers.exec(rest)
  const label = rest.slice(0, match?.index ?? rest.length)
  const [, first, total, rows, , lastMs, actualRows, loops, never] = match ?? []
  const executed = { lastMs: Number(lastMs), rows: Number(actualRows), loops: Number(loops) }
  return {
    depth: spaces.length,
    step: {
      label,
      startupCost: total === undefined ? undefined : finite(first),
      totalCost: finite(total ?? first),
      rows: finite(rows),
      actual: never !== undefined ? { lastMs: 0, rows: 0, loops: 0 } : loops === undefined ? undefined : executed,
      steps: [],
    },
  }
}

function finite(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}
