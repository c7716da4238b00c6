import type { Plan } from '../model/plan.ts'
import type { PlanSubject } from './plan-detector.ts'
import { runsOf } from './plan-places.ts'
import { rowsOfEachRun } from './plan-rows.ts'
import { isFullScan, type Scan, scansOf } from './plan-scan.ts'

/** What a plan is to do. */
export interface Asked {
  /** Keys that rows are looked up for, and for how many of them it was planned. */
  readonly keys: number
  readonly planned: number
  /** Rows that it gives, for all keys. */
  readonly rows: number
}

/*
 * How long something takes, in scans of one row. Measured on PostgreSQL 15 and 18, MariaDB 10.11, MySQL 9 and SQLite 3.53,
 * with tables in memory: all five are within a factor of two of these. Costs of plans are not: they take pages for read from
 * a disk, which a loop that reads its table again and again does not do.
 */
/** To go down an index. */
const DESCENT = 30
/** To fetch a row by an index. */
const FETCHED = 5
/** To give a row to the application. */
const GIVEN = 15

/** What a plan takes, in scans of one row: to be compared with other plans on the same tables; undefined where it does not tell. */
export function workOf(subject: PlanSubject, plan: Plan, asked: Asked): number | undefined {
  const { keys, planned, rows } = asked
  const scale = Math.max(1, keys / Math.max(1, planned))
  let work = rows * GIVEN
  for (const scan of scansOf(subject, { plan, executions: 0 })) {
    const runs = runsOf({ node: scan.node, above: [...scan.ancestors].reverse() })
    const read = rowsOfEachRun(scan) ?? (isFullScan(scan) ? undefined : rows / scale / runs)
    if (read === undefined) return undefined
    work += workOfScan(scan, runs > 1 ? runs * scale : 1, read, { ...asked, planned: runs > 1 ? keys : planned })
  }
  return work
}

function workOfScan(scan: Scan, runs: number, read: number, { keys, planned }: Asked): number {
  if (isFullScan(scan)) return runs * read
  const scale = Math.max(1, keys / Math.max(1, planned))
  return Math.max(runs, keys) * DESCENT + runs * read * scale * FETCHED
}
