import type { Finding, FindingParent } from '../model/finding.ts'
import { type Row, renderRows, textColumns } from './evidence-row.ts'
import { printable, printableCode, truncate } from './layout.ts'
import { formatPlace } from './place.ts'
import { renderPlanExcerpt } from './plan-excerpt.ts'
import { alternativesOf, isPlanFinding, originOf, statementsOf, verificationOf } from './plan-words.ts'
import { formatCount, formatRows } from './quantity.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { ReporterContext } from './reporter.ts'

const statementColumns = 100

/**
 * Labelled lines below the code frames: statement, proof, plan, growth, fix, documentation, identity. What a finding does not
 * know has no row.
 */
export function renderEvidence(
  finding: Finding,
  findings: readonly Finding[],
  width: number,
  context: ReporterContext,
): string[] {
  const rows: Row[] = [
    ...scopeRows(findings),
    { label: 'field', texts: [(finding.fields ?? []).map(printable).join(', ')] },
    ...parentRows(finding),
    { label: 'statement', texts: [truncate(printable(finding.statement.fingerprint), statementColumns)] },
    { label: 'values', texts: [(finding.values ?? []).map(printable).join(' ')] },
    ...siblingRows(finding, context),
    { label: finding.confidence === 'proven' ? 'proof' : 'why', texts: [prose(finding.explanation, context)] },
    ...planRows(finding, textColumns(width), context),
    ...growthRows(finding),
    { label: 'takes', texts: [alternativesOf(finding) ?? ''] },
    ...adviceRows(finding, context),
    { label: 'docs', texts: [relativePath(printable(finding.docs), context.cwd)], styles: ['dim'], unbroken: true },
    { label: 'identity', texts: [printable(finding.identity)], styles: ['dim'], unbroken: true },
  ]
  return renderRows(rows, width, context.color)
}

function prose(text: string, context: ReporterContext): string {
  return printable(withoutDirectory(text, context.cwd))
}

const scopeNamesShown = 3

function scopeRows(findings: readonly Finding[]): Row[] {
  if (findings.length < 2) return []
  const byName = new Map<string, number>()
  for (const { scope } of findings) byName.set(scope.name, (byName.get(scope.name) ?? 0) + 1)
  const names = [...byName].sort(([, a], [, b]) => b - a)
  const shown = names.slice(0, scopeNamesShown).map(([name, count]) => `${printable(name)} (${formatCount(count)}×)`)
  if (names.length > shown.length) shown.push(`${formatCount(names.length - shown.length)} more`)
  return [{ label: 'found in', texts: [`${formatCount(findings.length)} scopes: ${shown.join(', ')}`] }]
}

/** `posts (10 rows) → comments (50 rows) → 50 × users`, where loops are nested. */
function parentRows(finding: Finding): Row[] {
  const parent = 'parent' in finding ? finding.parent : undefined
  if (parent?.parent === undefined) return []
  const chain: string[] = []
  for (let link: FindingParent | undefined = parent; link !== undefined; link = link.parent) {
    chain.unshift(`${objectOf(link.summary)} (${formatRows(link.rows)})`)
  }
  chain.push(`${formatCount(finding.count)} × ${objectOf(finding.statement.summary)}`)
  return [{ label: 'loops', texts: [chain.join(' → ')] }]
}

function siblingRows(finding: Finding, context: ReporterContext): Row[] {
  if (finding.kind === 'duplicate-query') {
    const places = finding.otherCallSites.map((frame) => formatPlace(frame, context.cwd))
    return [{ label: 'also at', texts: places }]
  }
  const companions = ('companions' in finding ? (finding.companions ?? []) : []).map(
    ({ statement, count }) => `${formatCount(count)} × ${printable(statement.summary)}`,
  )
  return [{ label: 'also sends', texts: [companions.join(', ')] }]
}

const planLines = 12

/** The tree of its plan, with the guilty node marked. */
function planRows(finding: Finding, width: number, context: ReporterContext): Row[] {
  if (!isPlanFinding(finding) || context.isPlanShown === true) return []
  const { plan, node } = finding.plan
  const tree = renderPlanExcerpt(plan, node, planLines, { color: context.color, width })
  return [{ label: 'plan', texts: [truncate(printable(originOf(plan)), width), ...tree], unbroken: true }]
}

/** What the number of queries is now, and with ten times the rows. */
function growthRows(finding: Finding): Row[] {
  if (finding.kind !== 'n-plus-one' || finding.growth === undefined || finding.parent === undefined) return []
  const { perParentRow, constant } = finding.growth
  const { rows, summary } = finding.parent
  const queriesAt = (count: number) => Math.round(perParentRow * count + constant)
  const now = queriesAt(rows)
  const text = `${formatCount(now)} ${now === 1 ? 'query' : 'queries'} at ${formatRows(rows)} of ${objectOf(summary)}`
  return [{ label: 'growth', texts: [`${text}; ${formatCount(queriesAt(rows * 10))} at ${formatCount(rows * 10)}`] }]
}

function adviceRows(finding: Finding, context: ReporterContext): Row[] {
  const { advice } = finding
  const rows: Row[] = [{ label: 'fix', texts: [prose(advice.summary, context)], styles: ['bold'] }]
  if (advice.orm !== undefined) {
    rows.push({ label: printable(advice.orm.name), texts: [printable(advice.orm.call)], styles: ['green'] })
  }
  if (advice.rewrite !== undefined) {
    const { text, verified } = advice.rewrite
    rows.push({ label: 'rewrite', texts: text.split('\n').map(printable), styles: ['green'] })
    rows.push({ label: '', texts: [verified ? 'verified: it gave the same rows' : 'not verified'], styles: ['dim'] })
  }
  return [...rows, ...ddlRows(finding)]
}

/** Statements for the database, as they are copied, and how the index among them was tried. */
function ddlRows(finding: Finding): Row[] {
  const { ddl = [], migration } = finding.advice
  const verified = isPlanFinding(finding) ? finding.plan.verified : undefined
  const code = migration?.code.replace(/\n+$/, '').split('\n').map(printableCode) ?? []
  return [
    { label: ddlLabelOf(ddl), texts: statementsOf(ddl), styles: ['green'], unbroken: true },
    { label: 'verified', texts: [verified === undefined ? '' : printable(verificationOf(verified))] },
    ...(migration === undefined
      ? []
      : [
          { label: 'migration', texts: [printable(migration.name)] },
          { label: '', texts: code, styles: ['green'] as const, unbroken: true },
        ]),
  ]
}

function ddlLabelOf(ddl: readonly string[]): string {
  return ddl.some((statement) => /\bindex\b/i.test(statement)) ? 'index' : 'run'
}

/** What a summary is about: `posts` of `SELECT posts`. */
function objectOf(summary: string): string {
  const [verb = '', ...objects] = printable(summary).split(' ')
  return objects.length === 0 ? verb : objects.join(', ')
}
