import { refuse } from './explain/refusals.ts'
import type { Explainer } from './explainer.ts'
import type { Report } from './model/report.ts'
import type { Statement } from './model/statement.ts'
import { outcomeOf, PlanLedger } from './plan-ledger.ts'
import type { Study } from './study.ts'
import type { Candidate } from './study-candidates.ts'

/** What became of the statements of this process so far. */
export function ledgerOf(explainer: Explainer): PlanLedger {
  const ledger = new PlanLedger()
  for (const study of explainer.book.studies) addStudy(ledger, study)
  for (const statement of explainer.refused.values()) addTooMany(ledger, statement)
  return ledger
}

/** What became of the statements of one scope. */
export function ledgerOfScope(explainer: Explainer, candidates: readonly Candidate[]): PlanLedger {
  const ledger = new PlanLedger()
  for (const candidate of candidates) {
    const study = explainer.book.find(candidate)
    if (study === undefined) addTooMany(ledger, candidate.statement)
    else addStudy(ledger, study)
  }
  return ledger
}

function addStudy(ledger: PlanLedger, study: Study): void {
  const { fingerprint, summary } = study.statement
  ledger.add(outcomeOf(study) ?? { fingerprint, summary, isExplained: false, refusal: refuse('process-ended') })
}

function addTooMany(ledger: PlanLedger, { fingerprint, summary }: Statement): void {
  ledger.add({ fingerprint, summary, isExplained: false, refusal: refuse('rate-limited') })
}

/** A report with what the ledger holds. */
export function withPlans(report: Report, ledger: PlanLedger): Report {
  return { ...report, plans: ledger.plans(), coverage: { ...report.coverage, plans: ledger.coverage() } }
}
