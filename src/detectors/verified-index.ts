import type { VerifiedIndex } from '../model/plan.ts'
import type { PlanSubject } from './plan-detector.ts'
import type { Scan } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'

/** The most useful index of a table that was tried, among those of these purposes. */
export function verifiedFor(
  { indexes }: Pick<PlanSubject, 'indexes'>,
  { table }: Pick<Scan, 'table'>,
  purposes: readonly VerifiedIndex['purpose'][],
): VerifiedIndex | undefined {
  return indexes.find(
    (index) =>
      isSame(index.table, table.name) &&
      (index.schema === undefined || table.schema === undefined || isSame(index.schema, table.schema)) &&
      purposes.includes(index.purpose),
  )
}
