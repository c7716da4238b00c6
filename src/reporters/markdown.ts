import type { Finding } from '../model/finding.ts'
import { isNote, type PlanCoverage, type Report } from '../model/report.ts'
import { placeTextOf, renderPlaces } from './finding-places.ts'
import { durationOf } from './finding-text.ts'
import { type FindingGroup, groupByIdentity, openFindings } from './grouping.ts'
import { printable, printableCode, truncate, truncateMiddle } from './layout.ts'
import { codeBlock, codeCell, codeSpan, escapeHtml, escapeMarkdown } from './markdown-text.ts'
import { mostThatFit } from './most-that-fit.ts'
import { renderPlanExcerpt } from './plan-excerpt.ts'
import { alternativesOf, isPlanFinding, originOf, statementsOf, verificationOf } from './plan-words.ts'
import { formatCount, formatDuration, formatRange } from './quantity.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { scopeRowsOf } from './scope-rows.ts'
import { plural, renderVerdict } from './verdict.ts'

/** Characters of a comment on GitHub. */
export const maxCharacters = 65_536

/** What a workflow finds its own comment by, to write it anew instead of beside itself. */
export const commentMarker = '<!-- nonplus -->'

/** For a comment on a pull request: the verdict, a table of the scopes, and each finding folded away. */
export const markdown: Reporter = (report, context) =>
  renderMarkdown(report, context, (text) => text.length <= maxCharacters)

/**
 * The same within another limit.
 *
 * @param fits false for a text that is too long. Findings are left out whole, the lightest first, until it is not.
 */
export function renderMarkdown(report: Report, context: ReporterContext, fits: (text: string) => boolean): string {
  const plain = { ...context, color: false }
  const scopes = new Map(report.scopes.map((scope) => [scope.id, scope]))
  const groups = groupByIdentity(openFindings(report.findings))
  const details = groups.map((group) => renderDetails(group, scopes.get(group.worst.scope.id), plain))
  const textOf = (count: number): string => {
    const left = groups.length - count
    const rest = left === 0 ? [] : ['', `${plural(left, 'finding')} more ${left === 1 ? 'is' : 'are'} left out here.`]
    return `${[...renderHead(report, plain), ...details.slice(0, count).flat(), ...rest, ...renderFoot(report, plain)].join('\n')}\n`
  }
  const text = textOf(mostThatFit(groups.length, (count) => fits(textOf(count))))
  // names and warnings are cut to a length, but escaping can make more of them
  return fits(text) ? text : `${renderHead(report, plain).slice(0, 2).join('\n')}\n`
}

const rowsShown = 20
const widestName = 80
const widestStatement = 300

function renderHead(report: Report, { hasNoCode }: ReporterContext): string[] {
  const rows = hasNoCode === true ? [] : scopeRowsOf(report)
  const table = rows.slice(0, rowsShown).map((row) => {
    const name = codeCell(truncateMiddle(printable(row.name), widestName))
    const cells = [name, formatCount(row.scopes), formatRange(row.queries), formatDuration(row.databaseMs)]
    return `| ${[...cells, formatCount(row.findings)].join(' | ')} |`
  })
  const head = ['', '| scope | runs | queries | db time | findings |', '| --- | ---: | ---: | ---: | ---: |']
  const hidden = rows.length - rowsShown
  return [
    commentMarker,
    `### nonplus: ${escapeMarkdown(renderVerdict(report, false))}`,
    ...(rows.length === 0 ? [] : [...head, ...table]),
    ...(hidden > 0 ? ['', `${formatCount(hidden)} more`] : []),
  ]
}

function renderDetails(
  { worst, findings }: FindingGroup,
  scope: Report['scopes'][number] | undefined,
  context: ReporterContext,
): string[] {
  const facts = context.hasNoCode === true ? [worst.title] : [worst.title, durationOf(worst, scope), worst.scope.name]
  const where = placeTextOf(worst, context)
  const frames = renderPlaces(worst, { ...context, width: 100 }).slice(0, -1)
  const prose = (text: string): string => escapeMarkdown(withoutDirectory(text, context.cwd))
  const { advice } = worst
  const found = findings.length > 1 ? [`- **found in** ${formatCount(findings.length)} scopes`] : []
  const orm = advice.orm === undefined ? [] : [`- **${escapeMarkdown(advice.orm.name)}** ${codeSpan(advice.orm.call)}`]
  const rewrite =
    advice.rewrite === undefined ? [] : ['', ...codeBlock(advice.rewrite.text.split('\n').map(printable), 'sql')]
  return [
    '',
    '<details>',
    `<summary><b>${worst.severity}</b> ${worst.kind} (${worst.confidence}): ${facts.map(escapeHtml).join(' · ')}` +
      `${where === undefined ? '' : ` · <code>${escapeHtml(where)}</code>`}</summary>`,
    '',
    ...(frames.length === 0 ? [] : [...codeBlock(frames), '']),
    ...planBlock(worst),
    ...found,
    `- **statement** ${codeSpan(truncate(printable(worst.statement.fingerprint), widestStatement))}`,
    `- **${worst.confidence === 'proven' ? 'proof' : 'why'}** ${prose(worst.explanation)}`,
    ...measured(worst),
    `- **fix** ${prose(advice.summary)}`,
    ...orm,
    `- **docs** ${codeSpan(relativePath(worst.docs, context.cwd))}`,
    `- **identity** ${codeSpan(worst.identity)}`,
    ...rewrite,
    ...adviceBlocks(worst),
    ...(advice.rewrite?.verified === true ? ['', 'verified: it gave the same rows'] : []),
    '',
    '</details>',
  ]
}

const reasonsShown = 20

function renderPlanCoverage({ explained, notExplained }: PlanCoverage): string[] {
  const reasons = notExplained.slice(0, reasonsShown).map(({ code, message, count, example }) => {
    const text = truncateMiddle(`${printable(message)} (${printable(code)}; ${printable(example)})`, longestWarning)
    return `- **${formatCount(count)} not explained** ${escapeMarkdown(text)}`
  })
  return ['', `${plural(explained, 'statement')} explained.`, ...(reasons.length === 0 ? [] : ['', ...reasons])]
}

const planLines = 30

function planBlock(finding: Finding): string[] {
  if (!isPlanFinding(finding)) return []
  const { plan, node } = finding.plan
  const tree = renderPlanExcerpt(plan, node, planLines, { color: false, width: 100 })
  return [...codeBlock([printable(originOf(plan)), ...tree]), '']
}

function measured(finding: Finding): string[] {
  const alternatives = alternativesOf(finding)
  const verified = isPlanFinding(finding) ? finding.plan.verified : undefined
  return [
    ...(alternatives === undefined ? [] : [`- **takes** ${escapeMarkdown(alternatives)}`]),
    ...(verified === undefined ? [] : [`- **verified** ${escapeMarkdown(verificationOf(verified))}`]),
  ]
}

function adviceBlocks({ advice: { ddl = [], migration } }: Finding): string[] {
  const code = migration?.code.trimEnd().split('\n').map(printableCode)
  return [
    ...(ddl.length === 0 ? [] : ['', ...codeBlock(statementsOf(ddl), 'sql')]),
    ...(migration === undefined || code === undefined
      ? []
      : ['', `${escapeMarkdown(migration.name)}:`, '', ...codeBlock(code)]),
  ]
}

const warningsShown = 20
const longestWarning = 500

function renderFoot({ coverage }: Report, { cwd, hasNoCode }: ReporterContext): string[] {
  const hooked = coverage.drivers.filter(({ via }) => via !== 'none')
  const through = hooked.map(({ name, version, via }) => codeSpan(`${name} ${version} (${via})`)).join(', ')
  const seen = [
    `${plural(coverage.seen, 'statement')} seen${through === '' ? '' : ` through ${through}`}`,
    `${formatCount(coverage.attributed)} in a scope`,
    `${formatCount(coverage.withCallSite)} with a call site`,
  ]
  const warnings = coverage.warnings.slice(0, warningsShown).map((warning) => {
    const text = truncateMiddle(printable(withoutDirectory(warning, cwd)), longestWarning)
    return `- **${isNote(warning) ? 'note' : 'warning'}** ${escapeMarkdown(text)}`
  })
  const hidden = coverage.warnings.length - warningsShown
  return [
    ...(hasNoCode === true ? [] : ['', `${seen.join(', ')}.`]),
    ...(coverage.plans === undefined ? [] : renderPlanCoverage(coverage.plans)),
    ...(warnings.length === 0 ? [] : ['', ...warnings]),
    ...(hidden > 0 ? [`- ${formatCount(hidden)} more`] : []),
  ]
}
