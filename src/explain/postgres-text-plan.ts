import type { Plan } from '../model/plan.ts'
import type { NumberedLine } from './numbered-line.ts'
import { isFooter, planLines } from './plan-lines.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { postgresPlan } from './postgres-plan.ts'
import { hasNumbers, headerFields, type TextFields } from './postgres-text-header.ts'
import { isSummary, summaryFields } from './postgres-text-summary.ts'
import { postgresTextTree } from './postgres-text-tree.ts'
import { nodesIn, withZeros } from './postgres-text-zeros.ts'
import { unreadable } from './unreadable-plan.ts'

/** A plan that was found in a text, and what stood around it. */
export interface FoundPlan {
  readonly plan: Plan
  /** Number of its first line. */
  readonly line: number
  /** The `Query Text` of auto_explain. */
  readonly statement?: string
}

/** True where a text has the estimates or the actual numbers of PostgreSQL's text format, or a node with neither. */
export function isPostgresText(text: string): boolean {
  if (/\(cost=[\d.]+\.\.[\d.]+ (?:rows=\d+ width=\d+\)|[^)]*$)/m.test(text)) return true
  const lines = planLines(text).filter((line) => line.text.trim() !== '')
  if (lines.some((line) => /^\s*-> \S/.test(line.text))) return false
  return rootOf(lines) !== undefined
}

/**
 * Reads every plan of a text in which EXPLAIN of PostgreSQL printed them, as a client shows it; what stands between them is
 * passed. COSTS, ANALYZE, BUFFERS, VERBOSE, SETTINGS and SUMMARY may be on or off.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE`: which line is none of a plan, or at which one it was cut.
 */
export function postgresTextPlans(text: string, about: PlanOrigin = {}): FoundPlan[] {
  const found = plansIn(planLines(text), about)
  if (found.length === 0) throw unreadable('a plan of PostgreSQL in its text format', text)
  return found
}

/** The same, of lines that hold nothing else. */
export function plansIn(lines: readonly NumberedLine[], about: PlanOrigin = {}): FoundPlan[] {
  const found: FoundPlan[] = []
  let rest = lines
  for (let at = rootOf(rest); at !== undefined; at = rootOf(rest)) {
    const statement = statementIn(rest.slice(0, at))
    const { own, next } = linesFrom(rest.slice(at))
    const line = (own[0] as NumberedLine).number
    found.push({ plan: planOf(own, about), line, ...(statement === undefined ? {} : { statement }) })
    rest = next
  }
  return found
}

/** Index of the first line that is a root; of lines without any numbers, the first that is a node. */
function rootOf(lines: readonly NumberedLine[]): number | undefined {
  const isRoot = ({ text }: NumberedLine): boolean => !/^\s*->/.test(text) && headerFields(text.trim()) !== undefined
  const numbered = lines.findIndex((line) => hasNumbers(line.text) && !/^\s*->/.test(line.text))
  if (numbered >= 0) return numbered
  const plain = lines.findIndex(isRoot)
  return plain < 0 ? undefined : plain
}

function linesFrom(lines: readonly NumberedLine[]): { own: NumberedLine[]; next: readonly NumberedLine[] } {
  const [root] = lines as [NumberedLine]
  const base = root.text.search(/\S/)
  const end = lines.findIndex(({ text }, index) => index > 0 && (isFooter(text) || isNextRoot(text, base)))
  const own = end < 0 ? lines : lines.slice(0, end)
  const next = end < 0 ? [] : lines.slice(end)
  const stripped = own
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, number }) => ({ text: text.slice(Math.min(base, text.search(/\S/))), number }))
  return { own: stripped, next }
}

function isNextRoot(text: string, base: number): boolean {
  const column = text.search(/\S/)
  return column >= 0 && column <= base && !text.trim().startsWith('->') && hasNumbers(text)
}

function statementIn(lines: readonly NumberedLine[]): string | undefined {
  const start = lines.findIndex(({ text }) => /^\s*Query Text: /.test(text))
  if (start < 0) return undefined
  const end = lines.findIndex(({ text }, index) => index > start && /^\s*Query Parameters: /.test(text))
  const texts = lines.slice(start, end < 0 ? undefined : end).map(({ text }) => text)
  return statementOfLog(texts.join('\n').replace(/^\s*Query Text: /, ''))
}

/** The statement itself, of a `Query Text`, which is what the client sent: `PREPARE p AS select …;`. */
export function statementOfLog(text: string): string | undefined {
  const statement = text
    .trim()
    .replace(/^prepare\s+\S+(?:\s*\([^)]*\))?\s+as\s+/i, '')
    .replace(/\s*;$/, '')
  return statement === '' ? undefined : statement
}

function planOf(lines: readonly NumberedLine[], about: PlanOrigin): Plan {
  const end = lines.findIndex(({ text }, index) => index > 0 && /^\S/.test(text) && isSummary(text))
  const tree = end < 0 ? lines : lines.slice(0, end)
  const below = end < 0 ? [] : lines.slice(end)
  const root = postgresTextTree(tree)
  const isBuffered = [...nodesIn(root), ...below.map(({ text }) => ({ text }))].some(hasBuffers)
  withZeros(root, isBuffered)
  const relation = typeof root['Relation Name'] === 'string' ? root['Relation Name'] : undefined
  const summary = summaryFields(below, relation)
  return { ...postgresPlan({ ...summary, Plan: root }, about), format: 'pg-text' }
}

function hasBuffers(fields: TextFields): boolean {
  return fields['Shared Hit Blocks'] !== undefined || /^\s*Buffers: /.test(String(fields.text))
}
