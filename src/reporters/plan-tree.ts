import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { displayWidth, paint, type Style, truncate } from './layout.ts'
import { detailsOf, misestimateOf, ownPartOf, type PlanWhole, rowsOf, wholeOf } from './plan-facts.ts'
import { labelOf } from './plan-label.ts'
import type { ReporterContext } from './reporter.ts'

export interface PlanTreeOptions {
  /** Id of the guilty node: it gets an arrow, and a colour. */
  readonly node?: number
  /** Whose conditions, sort keys and notes are shown below it. @default 'all' */
  readonly details?: 'all' | 'guilty' | 'none'
}

interface Line {
  readonly gutter: string
  readonly prefix: string
  readonly text: string
  readonly styles: readonly Style[]
  /** Rows, time and share; of a node's own line. */
  readonly facts?: readonly [rows: string, time: string, share: string]
  readonly factStyles?: readonly Style[]
}

/** From so many columns on, rows, time and share stand in columns of their own at the right, if a label still fits. */
const wideFrom = 64
const barColumns = 8
/** Part of the width that branches may take before they are cut. */
const prefixShare = 0.3

/**
 * A plan as a tree for a terminal, a line per node and one for each of its conditions:
 *
 *     → Seq Scan on orders              5,986 → 9 rows   10.3 ms   88 % ███████
 *         Filter: 59,991 rows removed by (customer_id = ?)
 *
 * Rows are those estimated and those given, per loop; time and share are the node's own, without its children, over all
 * loops; where nothing was timed the share is that of the cost. No line is wider than the context; a tree that is deeper
 * than it is wide says the depth in numbers.
 *
 * @returns lines without newlines at their ends.
 */
export function renderPlanTree(
  plan: Plan,
  options: PlanTreeOptions,
  context: Pick<ReporterContext, 'color' | 'width'>,
): string[] {
  const width = Math.max(20, context.width)
  const facts = factColumns(plan)
  const room = facts.reduce((sum, columns) => sum + (columns === 0 ? 0 : columns + 2), 0)
  const isWide = width >= wideFrom && width - room >= Math.floor(width * prefixShare) + 16
  const lines = linesOf(plan, options, width, isWide)
  const columns = isWide ? { label: labelColumns(lines, width - room), facts } : { label: width, facts: [] }
  return lines.map((line) => renderLine(line, columns, { color: context.color, width }))
}

function linesOf(
  plan: Plan,
  { node: guilty, details = 'all' }: PlanTreeOptions,
  width: number,
  isWide: boolean,
): Line[] {
  const whole = wholeOf(nodesOf(plan.root))
  const gutter = guilty === undefined ? '' : '  '
  const visit = (node: PlanNode, bars: string, branch: string, depth: number): Line[] => {
    const isGuilty = node.id === guilty
    const below = bars + (depth === 0 ? '' : branch.startsWith('├') ? '│  ' : '   ')
    const own = nodeLine(node, whole, isGuilty ? '→ ' : gutter, fitPrefix(bars + branch, depth, width))
    const isTold = details === 'all' || (details === 'guilty' && isGuilty)
    const stem = fitPrefix(below + (node.children.length > 0 ? '│ ' : '  '), depth, width)
    const told = isTold ? detailsOf(node).map((text) => detailLine(text, gutter, stem, isGuilty)) : []
    const isLast = (index: number) => index === node.children.length - 1
    const children = node.children.flatMap((child, index) =>
      visit(child, below, isLast(index) ? '└─ ' : '├─ ', depth + 1),
    )
    return [own, ...(isWide ? [] : factLines(own, gutter, stem)), ...told, ...children]
  }
  return visit(plan.root, '', '', 0)
}

function nodeLine(node: PlanNode, whole: PlanWhole, gutter: string, prefix: string): Line {
  const isGuilty = gutter === '→ '
  return {
    gutter,
    prefix,
    text: labelOf(node),
    styles: isGuilty ? ['bold', 'red'] : [],
    facts: factsOf(node, whole),
    factStyles: misestimateOf(node) >= 10 ? ['yellow'] : [],
  }
}

function factsOf(node: PlanNode, whole: PlanWhole): [rows: string, time: string, share: string] {
  const { text: time, share } = ownPartOf(node, whole)
  return [rowsOf(node), time, share === undefined ? '' : shareText(share)]
}

function detailLine(text: string, gutter: string, prefix: string, isGuilty: boolean): Line {
  return { gutter, prefix, text, styles: isGuilty ? ['red'] : ['dim'] }
}

/** In a narrow terminal what else stands at the right is a line of its own. */
function factLines({ facts = ['', '', ''] }: Line, gutter: string, prefix: string): Line[] {
  const [rows, time, share] = facts
  const text = [rows, time, share.slice(0, share.indexOf('%') + 1).trim()].filter((fact) => fact !== '').join(' · ')
  return text === '' ? [] : [{ gutter, prefix, text, styles: ['dim'] }]
}

function shareText(share: number): string {
  const percent = `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`.padStart(5)
  const halves = Math.round(Math.min(1, Math.max(0, share)) * barColumns * 2)
  const bar = '█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : '')
  return `${percent} ${bar.padEnd(barColumns)}`
}

/** Of a line of branches that takes too much room only its end is kept, behind the depth. */
function fitPrefix(prefix: string, depth: number, width: number): string {
  const most = Math.max(6, Math.floor(width * prefixShare))
  if (prefix.length <= most) return prefix
  const number = `${depth}`
  return `${number}${prefix.slice(number.length - most)}`
}

interface Columns {
  readonly label: number
  /** None where they do not stand at the right. */
  readonly facts: readonly number[]
}

function factColumns({ root }: Plan): number[] {
  const nodes = nodesOf(root)
  const whole = wholeOf(nodes)
  const facts = nodes.map((node) => factsOf(node, whole))
  return [0, 1, 2].map((index) => Math.max(0, ...facts.map((texts) => displayWidth(texts[index] as string))))
}

/** Beside a short tree the columns stay near to it. */
function labelColumns(lines: readonly Line[], most: number): number {
  const longest = lines.map((line) =>
    line.facts === undefined ? 0 : displayWidth(line.gutter + line.prefix + line.text),
  )
  return Math.min(most, Math.max(0, ...longest))
}

function renderLine(line: Line, columns: Columns, { color, width }: { color: boolean; width: number }): string {
  const { gutter, prefix, text, styles, facts, factStyles = [] } = line
  const start = gutter + prefix
  const isWide = columns.facts.length > 0 && facts !== undefined
  const label = truncate(text, Math.max(0, (isWide ? columns.label : width) - displayWidth(start)))
  const painted = paint(gutter, styles, color) + paint(prefix, ['dim'], color) + paint(label, styles, color)
  if (!isWide) return painted.trimEnd()
  const padding = ' '.repeat(Math.max(0, columns.label - displayWidth(start + label)))
  const cells = facts.map((fact, index) => {
    const room = columns.facts[index] as number
    return room === 0
      ? ''
      : `  ${' '.repeat(room - displayWidth(fact))}${paint(fact, index === 0 ? factStyles : [], color)}`
  })
  return `${painted}${padding}${cells.join('')}`.trimEnd()
}
