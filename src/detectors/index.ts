import { cartesianJoin } from './cartesian-join.ts'
import type { Detector } from './detector.ts'
import { diskSpill } from './disk-spill.ts'
import { dmlFullScan } from './dml-full-scan.ts'
import { duplicateQuery } from './duplicate-query.ts'
import { fkWithoutIndex } from './fk-without-index.ts'
import { heapFetches } from './heap-fetches.ts'
import { indexColumnOrder } from './index-column-order.ts'
import { indexExtend } from './index-extend.ts'
import { jitOverhead } from './jit-overhead.ts'
import { largeOffset } from './large-offset.ts'
import { leadingWildcard } from './leading-wildcard.ts'
import { lockRowsScan } from './lock-rows-scan.ts'
import { lossyBitmap } from './lossy-bitmap.ts'
import { misEstimate } from './mis-estimate.ts'
import { missingIndex } from './missing-index.ts'
import { nPlusOne } from './n-plus-one.ts'
import { nestedLoopInnerScan } from './nested-loop-inner-scan.ts'
import { nonSargable } from './non-sargable.ts'
import { notInSubplan } from './not-in-subplan.ts'
import { orAcrossColumns } from './or-across-columns.ts'
import { parameterSensitivePlan } from './parameter-sensitive-plan.ts'
import { partitionNotPruned } from './partition-not-pruned.ts'
import { planningDominates } from './planning-dominates.ts'
import { serialization } from './serialization.ts'
import { staleStatistics } from './stale-statistics.ts'
import { subplanPerRow } from './subplan-per-row.ts'
import { workersNotLaunched } from './workers-not-launched.ts'
import { wrongIndexOrderLimit } from './wrong-index-order-limit.ts'

/** Every detector. Adding one is a file, its page beside it, and a line here. */
export const detectors = [
  nPlusOne,
  duplicateQuery,
  missingIndex,
  indexExtend,
  indexColumnOrder,
  wrongIndexOrderLimit,
  nonSargable,
  leadingWildcard,
  orAcrossColumns,
  dmlFullScan,
  lockRowsScan,
  largeOffset,
  fkWithoutIndex,
  heapFetches,
  partitionNotPruned,
  subplanPerRow,
  notInSubplan,
  nestedLoopInnerScan,
  cartesianJoin,
  staleStatistics,
  misEstimate,
  parameterSensitivePlan,
  diskSpill,
  lossyBitmap,
  jitOverhead,
  planningDominates,
  workersNotLaunched,
  serialization,
] as const

type Registered = (typeof detectors)[number]

/** Options of each kind: an object with some of its defaults changed, or `false` to leave it out. */
export type DetectorOptions = {
  readonly [Kind in Registered['kind']]?: Partial<Extract<Registered, { kind: Kind }>['defaults']> | false
}

export type { Detector }
