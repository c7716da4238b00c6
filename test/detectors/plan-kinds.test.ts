import { describe, expect, test } from 'vitest'
import { cartesianJoin } from '../../src/detectors/cartesian-join.ts'
import type { Detector } from '../../src/detectors/detector.ts'
import { diskSpill } from '../../src/detectors/disk-spill.ts'
import { jitOverhead } from '../../src/detectors/jit-overhead.ts'
import { lossyBitmap } from '../../src/detectors/lossy-bitmap.ts'
import { misEstimate } from '../../src/detectors/mis-estimate.ts'
import { nestedLoopInnerScan } from '../../src/detectors/nested-loop-inner-scan.ts'
import { notInSubplan } from '../../src/detectors/not-in-subplan.ts'
import { parameterSensitivePlan } from '../../src/detectors/parameter-sensitive-plan.ts'
import { planningDominates } from '../../src/detectors/planning-dominates.ts'
import { serialization } from '../../src/detectors/serialization.ts'
import { staleStatistics } from '../../src/detectors/stale-statistics.ts'
import { subplanPerRow } from '../../src/detectors/subplan-per-row.ts'
import { workersNotLaunched } from '../../src/detectors/workers-not-launched.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import { planFixtures } from '../fixture-plan.ts'

const detectors = [
  subplanPerRow,
  notInSubplan,
  nestedLoopInnerScan,
  cartesianJoin,
  diskSpill,
  lossyBitmap,
  misEstimate,
  staleStatistics,
  parameterSensitivePlan,
  jitOverhead,
  planningDominates,
  workersNotLaunched,
  serialization,
] as unknown as Detector[]

/** What each plan shows; every other one shows nothing. */
const shown: readonly (readonly [path: RegExp, kinds: readonly string[]])[] = [
  [/own\/cartesian-join\./, ['cartesian-join']],
  [/own\/disk-spill\.analyze\.mariadb/, ['disk-spill']],
  [/own\/(hash|hash-aggregate|materialize)-spill\.analyze/, ['disk-spill']],
  [/own\/order-spill-with-index\.analyze/, ['disk-spill']],
  [/own\/lossy-bitmap\.analyze/, ['lossy-bitmap']],
  [/own\/mis-estimate-single\.analyze/, ['mis-estimate']],
  [/own\/mis-estimate-sort\.analyze/, ['disk-spill', 'mis-estimate']],
  [/own\/mis-estimate\.analyze\.mysql/, ['mis-estimate']],
  // version 1 does not say that it is made for each row
  [/own\/nested-loop-lateral\..*v1/, []],
  [/own\/nested-loop-(lateral|or|automatic-index)\./, ['nested-loop-inner-scan']],
  // MySQL joins it by a hash, and MariaDB does not
  [/own\/nested-loop-join\..*mariadb/, ['nested-loop-inner-scan']],
  // MySQL expects it to be a tenth of what it is
  [/own\/nested-loop-range\.(?!plan\.mysql)/, ['nested-loop-inner-scan']],
  [/own\/not-in-(subplan|correlated)\./, ['not-in-subplan']],
  [/own\/planning-dominates\.analyze/, ['planning-dominates']],
  [/own\/serialization\.analyze/, ['serialization']],
  // PostgreSQL hashes it, and MariaDB keeps it
  [/own\/subplan-exists\..*(mysql|sqlite)/, ['subplan-per-row']],
  [/own\/subplan-indexed-many\.analyze/, ['subplan-per-row']],
  [/own\/workers-not-launched\.analyze/, ['workers-not-launched']],
  [/pg05-.*\.analyze/, ['disk-spill']],
  [/pg07-.*\.before\.analyze/, ['mis-estimate']],
  [/pg08-.*\.before\./, ['stale-statistics']],
  [/(pg15|my05|sl04)-.*\.before\./, ['subplan-per-row']],
  [/pg-15\/pg18-.*\.analyze/, ['jit-overhead']],
  // without LLVM: nothing is compiled, and its sort shows
  [/pg-18\/pg18-.*\.analyze/, ['disk-spill']],
  [/pg23-/, ['cartesian-join']],
]

describe('of every plan that is kept', () => {
  test.each(planFixtures)('%s', (path) => {
    const trace = fixtureTrace(path)
    const found = detectors.flatMap(({ kind, detect, defaults }) => detect(trace, defaults).map(() => kind))
    expect(found).toEqual(shown.find(([pattern]) => pattern.test(path))?.[1] ?? [])
  })

  test('all that is expected is there', () => {
    const missing = shown.filter(([pattern]) => !planFixtures.some((path) => pattern.test(path)))
    expect(missing).toEqual([])
  })
})
