import { NonplusError } from './model/errors.ts'
import { validNameHint } from './model/nearest.ts'
import type { Coverage } from './model/report.ts'
import type { PlanDiff, Regression, RegressionRule, ScopeDiff, ScopeNumbers } from './model/report-diff.ts'
import { planFacts } from './reporters/diff-plans.ts'
import { formatCount, formatDuration } from './reporters/quantity.ts'

/** Both sides of a comparison. */
interface Sides {
  readonly before: Coverage
  readonly after: Coverage
  readonly plans: readonly PlanDiff[]
}

const rules: Readonly<Record<RegressionRule, (scopes: readonly ScopeDiff[], sides: Sides) => Regression[]>> = {
  coverage: (_, sides) => lostSight(sides),
  'new-findings': (scopes) => newFindings(scopes),
  plans: (_, { plans }) => plans.filter(({ change }) => change === 'regression').map(worsePlan),
  queries: (scopes) => scopes.flatMap(moreQueries),
  time: (scopes) => scopes.flatMap(moreTime),
}

/** Every rule there is. */
export const regressionRules = Object.keys(rules) as readonly RegressionRule[]

/** What a comparison fails on unless told otherwise. Not time: on a machine of CI it is noise. */
export const defaultRules: readonly RegressionRule[] = ['coverage', 'new-findings', 'plans', 'queries']

/**
 * Reads the values of `--fail-on`; `none` for no rule.
 *
 * @throws NonplusError ERR_OPTION_INVALID where a name is no rule.
 */
export function checkRules(names: readonly string[]): readonly RegressionRule[] {
  if (names.includes('none')) {
    if (names.length === 1) return []
    throw new NonplusError('ERR_OPTION_INVALID', '--fail-on none stands alone: it means no rule.')
  }
  const wrong = names.find((name) => !Object.hasOwn(rules, name))
  if (wrong === undefined) return names as readonly RegressionRule[]
  const hint = validNameHint(wrong, [...regressionRules, 'none'])
  throw new NonplusError('ERR_OPTION_INVALID', `Unknown rule in --fail-on: \`${wrong}\`. ${hint}`)
}

/** What became worse, by some of the rules. */
export function regressionsIn(
  scopes: readonly ScopeDiff[],
  sides: Sides,
  wanted: readonly RegressionRule[],
): Regression[] {
  return regressionRules.filter((rule) => wanted.includes(rule)).flatMap((rule) => rules[rule](scopes, sides))
}

/** A side that saw nothing has nothing that is worse; that is no good news. */
function lostSight({ before, after }: Sides): Regression[] {
  if (before.attributed === 0 || after.attributed > 0) return []
  return [{ rule: 'coverage', summary: `${formatCount(before.attributed)} statements in scopes before, none after` }]
}

/** Each identity once, whatever the number of scopes. */
function newFindings(scopes: readonly ScopeDiff[]): Regression[] {
  const found = new Map<string, Regression>()
  for (const { name, findings } of scopes) {
    for (const { change, severity, isTolerated, identity, kind, title } of findings) {
      if (change !== 'new' || severity === 'info' || isTolerated || found.has(identity)) continue
      found.set(identity, { rule: 'new-findings', scope: name, identity, summary: `${severity} ${kind}: ${title}` })
    }
  }
  return [...found.values()]
}

function worsePlan(diff: PlanDiff): Regression {
  const [scope] = diff.scopes
  return { rule: 'plans', ...(scope === undefined ? {} : { scope }), identity: diff.identity, summary: planFacts(diff) }
}

/** In the middle or in the worst of the runs: the one may be blind to what the other sees. */
function moreQueries({ name, before, after }: ScopeDiff): Regression[] {
  if (before === undefined || after === undefined || !hasMoreQueries(before, after)) return []
  const part = after.queries.median > before.queries.median ? 'median' : 'most'
  const [from, to] = [before.queries[part], after.queries[part]].map(formatCount)
  return [{ rule: 'queries', scope: name, summary: `${from} → ${to} queries` }]
}

/** True where a scope sends more queries than it did. */
export function hasMoreQueries(before: ScopeNumbers, after: ScopeNumbers): boolean {
  return after.queries.median > before.queries.median || after.queries.most > before.queries.most
}

/** Half as much again, and so many milliseconds: less than that says nothing at all. */
const slowerTimes = 1.5
const slowerMs = 10

function moreTime({ name, before, after }: ScopeDiff): Regression[] {
  if (before === undefined || after === undefined) return []
  const { databaseMs: from } = before
  const { databaseMs: to } = after
  if (to < from * slowerTimes || to - from < slowerMs) return []
  return [{ rule: 'time', scope: name, summary: `${formatDuration(from)} → ${formatDuration(to)} in the database` }]
}
