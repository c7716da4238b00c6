import type { PlanDiff } from '../model/report-diff.ts'
import { planFacts, treesOf } from './diff-plans.ts'
import {
  changedFindings,
  changedScopes,
  changeWord,
  type DiffReporter,
  diffVerdict,
  findingFacts,
  scopeCells,
  scopeHeads,
} from './diff-words.ts'
import { printable, truncate, truncateMiddle } from './layout.ts'
import { maxCharacters } from './markdown.ts'
import { codeBlock, codeCell, escapeHtml, escapeMarkdown } from './markdown-text.ts'
import { mostThatFit } from './most-that-fit.ts'
import { formatCount } from './quantity.ts'
import { plural } from './verdict.ts'

/** What a workflow finds its own comment by. */
export const diffMarker = '<!-- nonplus diff -->'

const linesShown = 50
const widestName = 80
const longestLine = 400

/** For a comment on a pull request: up to 50 lines of each kind, or as many as a comment holds. */
export const diffMarkdown: DiffReporter = (diff, { cwd }) => {
  const scopes = changedScopes(diff).map((scope) => {
    const [name, ...cells] = scopeCells(scope)
    return `| ${[codeCell(truncateMiddle(printable(name), widestName)), ...cells].join(' | ')} |`
  })
  const findings = changedFindings(diff).map((changed) => {
    const [badge, ...facts] = findingFacts(changed, cwd)
    return `- **${changeWord(changed.finding)}** ${prose(`${badge}: ${facts.join(' · ')}`)}`
  })
  const regressions = diff.regressions.map(({ rule, scope, summary }) => {
    return `- **${rule}** ${prose(scope === undefined ? summary : `${summary} · ${scope}`)}`
  })
  const plans = (diff.plans ?? []).map(renderPlan)
  const verdict = regressions.length === 0 ? 'nothing became worse' : plural(regressions.length, 'regression')
  const textOf = (count: number): string =>
    joinBlocks([
      [diffMarker, `### nonplus: ${verdict}`],
      [`${diffVerdict(diff)}.`],
      atMost(regressions, count),
      scopes.length === 0 ? [] : [...tableHead, ...scopes.slice(0, count)],
      scopes.length > count ? [`${formatCount(scopes.length - count)} scopes more`] : [],
      atMost(findings, count),
      ...plans.slice(0, Math.min(count, plansShown)),
      plans.length > plansShown ? [`${formatCount(plans.length - plansShown)} plans more`] : [],
    ])
  return textOf(mostThatFit(linesShown, (count) => textOf(count).length <= maxCharacters))
}

const plansShown = 10

/** Folded away: the trees of both sides. */
function renderPlan(plan: PlanDiff): string[] {
  return [
    '<details>',
    `<summary><b>plan ${plan.change}</b> ${escapeHtml(truncate(planFacts(plan), longestLine))}</summary>`,
    '',
    ...codeBlock(treesOf(plan, { color: false, width: 100 })),
    '',
    '</details>',
  ]
}

const tableHead = [`| ${scopeHeads.join(' | ')} |`, '| --- | ---: | ---: | ---: | ---: |']

function joinBlocks(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((block) => block.length > 0)
  return `${filled.map((block) => block.join('\n')).join('\n\n')}\n`
}

function prose(text: string): string {
  return escapeMarkdown(truncate(printable(text), longestLine))
}

function atMost(lines: readonly string[], count: number): readonly string[] {
  const hidden = lines.length - count
  return hidden > 0 ? [...lines.slice(0, count), `- ${formatCount(hidden)} more`] : lines
}
