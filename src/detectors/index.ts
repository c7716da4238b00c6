import type { Detector } from './detector.ts'
import { dmlFullScan } from './dml-full-scan.ts'
import { duplicateQuery } from './duplicate-query.ts'
import { fkWithoutIndex } from './fk-without-index.ts'
import { heapFetches } from './heap-fetches.ts'
import { indexColumnOrder } from './index-column-order.ts'
import { indexExtend } from './index-extend.ts'
import { largeOffset } from './large-offset.ts'
import { leadingWildcard } from './leading-wildcard.ts'
import { lockRowsScan } from './lock-rows-scan.ts'
import { missingIndex } from './missing-index.ts'
import { nPlusOne } from './n-plus-one.ts'
import { nonSargable } from './non-sargable.ts'
import { orAcrossColumns } from './or-across-columns.ts'
import { partitionNotPruned } from './partition-not-pruned.ts'
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
] as const

type Registered = (typeof detectors)[number]

/** Options of each kind: an object with some of its defaults changed, or `false` to leave it out. */
export type DetectorOptions = {
  readonly [Kind in Registered['kind']]?: Partial<Extract<Registered, { kind: Kind }>['defaults']> | false
}

export type { Detector }
