import type { ExplainedStatement, Refusal } from './model/plan.ts'
import type { PlanCoverage, ReportPlan } from './model/report.ts'
import type { Study } from './study.ts'

/** What became of one statement in one process; a line of its log. */
export interface PlanOutcome {
  readonly fingerprint: string
  readonly summary: string
  readonly isExplained: boolean
  /** Absent where it was not explained, and where its plan is too large to keep. */
  readonly plan?: ReportPlan
  readonly refusal?: Refusal
  /** Steps beside the plan that failed. */
  readonly incomplete?: readonly Refusal[]
}

/** Plans a report keeps. */
const MAX_PLANS = 500

/** Longest plan that is kept. Characters of JSON. */
const MAX_PLAN_SIZE = 200_000

/** Names of scopes of one plan. */
const MAX_SCOPES = 5

/** What became of a study that is settled; undefined where nothing did yet. */
export function outcomeOf(study: Study): PlanOutcome | undefined {
  const { statement, refusal, incomplete, explained } = study
  const { fingerprint, summary } = statement
  const plan = study.classes[0]?.plan
  if (explained !== undefined && plan !== undefined) {
    const { tables } = explained
    const isKept = JSON.stringify(plan).length <= MAX_PLAN_SIZE
    return {
      fingerprint,
      summary,
      isExplained: true,
      ...(isKept ? { plan: { fingerprint, summary, scopes: [...study.scopes], plan, ...factsOf(tables) } } : {}),
      ...(incomplete.length > 0 ? { incomplete } : {}),
    }
  }
  return refusal === undefined ? undefined : { fingerprint, summary, isExplained: false, refusal }
}

function factsOf(tables: ExplainedStatement['tables']): Pick<ReportPlan, 'tableRows' | 'indexes'> {
  const rows = tables.flatMap(({ name, rows: count }) => (count === undefined ? [] : [[name, count] as const]))
  return {
    tableRows: Object.fromEntries(rows),
    indexes: tables.flatMap(({ name, indexes }) => indexes.map((index) => `${name}.${index.name}`)),
  }
}

/** Statements by what became of them, each once, however many scopes and processes it ran in. */
export class PlanLedger {
  readonly #outcomes = new Map<string, PlanOutcome>()

  add(outcome: PlanOutcome): void {
    const known = this.#outcomes.get(outcome.fingerprint)
    // a plan from one process outweighs a refusal from another
    const better = known?.isExplained === true || known === undefined ? known : outcome
    this.#outcomes.set(outcome.fingerprint, withScopes(better ?? outcome, outcome))
  }

  coverage(): PlanCoverage {
    const outcomes = [...this.#outcomes.values()]
    const explained = outcomes.filter(({ isExplained }) => isExplained)
    const incomplete = sums(
      explained.flatMap(({ incomplete = [], summary }) => incomplete.map((refusal) => ({ refusal, summary }))),
    )
    return {
      explained: explained.length,
      notExplained: sums(
        outcomes.flatMap(({ isExplained, refusal, summary }) =>
          isExplained || refusal === undefined ? [] : [{ refusal, summary }],
        ),
      ),
      ...(incomplete.length > 0 ? { incomplete } : {}),
    }
  }

  plans(): ReportPlan[] {
    return [...this.#outcomes.values()].flatMap(({ plan }) => plan ?? []).slice(0, MAX_PLANS)
  }
}

function withScopes(outcome: PlanOutcome, other: PlanOutcome): PlanOutcome {
  if (outcome.plan === undefined || other.plan === undefined || outcome === other) return outcome
  const scopes = [...new Set([...outcome.plan.scopes, ...other.plan.scopes])].slice(0, MAX_SCOPES)
  return { ...outcome, plan: { ...outcome.plan, scopes } }
}

/** By reason, the most frequent first. */
function sums(
  refused: readonly { readonly refusal: Refusal; readonly summary: string }[],
): PlanCoverage['notExplained'] {
  const byCode = new Map<string, { code: string; message: string; count: number; example: string }>()
  for (const { refusal, summary } of refused) {
    const sum = byCode.get(refusal.code) ?? { ...refusal, count: 0, example: summary }
    sum.count++
    byCode.set(refusal.code, sum)
  }
  return [...byCode.values()].sort((a, b) => b.count - a.count)
}
