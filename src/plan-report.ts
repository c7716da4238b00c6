import { refuse } from './explain/refusals.ts'
import type { Explainer } from './explainer.ts'
import type { Report } from './model/report.ts'
import { outcomeOf, PlanLedger } from './plan-ledger.ts'
import type { Candidate } from './study-candidates.ts'

/**
 * What became of the statements of this process so far.
 *
 * @param only statements of one scope; all where absent.
 */
export function ledgerOf(explainer: Explainer, only?: readonly Candidate[]): PlanLedger {
  const fingerprints = only === undefined ? undefined : new Set(only.map(({ statement }) => statement.fingerprint))
  const isMeant = (fingerprint: string): boolean => fingerprints?.has(fingerprint) !== false
  const ledger = new PlanLedger()
  for (const study of explainer.book.studies) {
    const { fingerprint, summary } = study.statement
    if (!isMeant(fingerprint)) continue
    ledger.add(outcomeOf(study) ?? { fingerprint, summary, isExplained: false, refusal: refuse('process-ended') })
  }
  for (const { fingerprint, summary } of explainer.refused.values()) {
    if (isMeant(fingerprint)) ledger.add({ fingerprint, summary, isExplained: false, refusal: refuse('rate-limited') })
  }
  return ledger
}

/** A report with what the ledger holds. */
export function withPlans(report: Report, ledger: PlanLedger): Report {
  return { ...report, plans: ledger.plans(), coverage: { ...report.coverage, plans: ledger.coverage() } }
}
