import type { ParameterPlan } from '../model/plan.ts'
import type { PlanClaim, PlanSubject } from './plan-detector.ts'
import { isTooSmall } from './plan-floor.ts'
import { isFullScan, type Scan, scansOf } from './plan-scan.ts'

/** Judges each scan of the plans of a statement, but for those of tables that are too small to matter. */
export function claimsOnScans(
  subject: PlanSubject,
  judge: (scan: Scan, of: ParameterPlan) => readonly PlanClaim[],
): PlanClaim[] {
  return subject.plans.flatMap((of) =>
    scansOf(subject, of)
      .filter((scan) => !isTooSmall(scan, subject))
      .flatMap((scan) => judge(scan, of)),
  )
}

/** As {@link claimsOnScans}, of what reads a table or an index from end to end. */
export function claimsOnFullScans(subject: PlanSubject, judge: Parameters<typeof claimsOnScans>[1]): PlanClaim[] {
  return claimsOnScans(subject, (scan, of) => (isFullScan(scan) ? judge(scan, of) : []))
}

/** The first of those claims that say the same: plans of one statement show the same thing again and again. */
export function distinctClaims(
  claims: readonly PlanClaim[],
  partOf: (claim: PlanClaim) => string | undefined = () => undefined,
): PlanClaim[] {
  return claims.filter(
    (claim, at) => claims.findIndex((one) => one.table === claim.table && partOf(one) === partOf(claim)) === at,
  )
}
