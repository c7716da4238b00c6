import type { Condition } from '../sql/condition.ts'
import type { Operand } from '../sql/operand.ts'
import { columnsIn, isColumnOf, type Scan } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'

/**
 * Columns of a scan's table that conditions set equal to a value or to a column of another table, on whichever side they
 * stand; each once, as the catalog writes it.
 */
export function equalityColumns(scan: Scan, conditions: readonly Condition[] = scan.conditions): string[] {
  const columns = conditions.flatMap((condition) => {
    if (condition.kind !== 'comparison' || condition.operator !== '=') return []
    const { left, right } = condition
    const [other] = right
    if (other === undefined) return []
    return columnAgainst(scan, left, other) ?? columnAgainst(scan, other, left) ?? []
  })
  const known = scan.table.catalog?.columns ?? []
  const written = columns.map((name) => known.find((column) => isSame(column.name, name))?.name ?? name)
  return [...new Set(written)]
}

function columnAgainst(scan: Scan, { column, cast }: Operand, other: Operand): string | undefined {
  const isOwn = (name: NonNullable<Operand['column']>): boolean =>
    isColumnOf(name, scan.table, scan.clauses.sources.length <= 1)
  if (column === undefined || cast !== undefined || !isOwn(column)) return undefined
  return other.columns.some(isOwn) ? undefined : column.name
}

/** Those of several conditions that compare one table with another. */
export function conditionsBetween(conditions: readonly Condition[], scan: Scan): Condition[] {
  return conditions.filter((condition) => {
    const columns = columnsIn(condition).filter(({ table }) => table !== undefined)
    const isOwn = columns.map((column) => isColumnOf(column, scan.table, false))
    return isOwn.includes(true) && isOwn.includes(false)
  })
}
