import type { PlanNode } from '../model/plan.ts'
import type { Scan } from './plan-scan.ts'

/** Rows that a scan reads in each run; undefined where nothing tells. */
export function rowsOfEachRun({ read, basis, node }: Scan): number | undefined {
  return read === undefined || basis !== 'actual' ? read : read / Math.max(1, node.loops ?? 1)
}

/** Time that a node and all below it took, over all runs; undefined where it was not measured. */
export function timeOf({ actualTotalTime, loops = 1 }: PlanNode): number | undefined {
  return actualTotalTime === undefined ? undefined : actualTotalTime * loops
}
