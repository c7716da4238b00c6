import type { Cell, ValueInfo } from '../model/trace.ts'
import type { Operand } from '../sql/operand.ts'
import { kindOfType } from './plan-columns.ts'
import type { PlanSubject } from './plan-detector.ts'
import type { Scan } from './plan-scan.ts'
import { indexLedBy, isSame, typeOfColumn } from './plan-tables.ts'

/** Warnings of MySQL and MariaDB that an index cannot be used because a value is of another type. */
const conversionCodes: ReadonlySet<string> = new Set([
  '1739',
  '1105',
  'ER_WARN_INDEX_NOT_APPLICABLE',
  'ER_UNKNOWN_ERROR',
])

/**
 * For a column of texts that MySQL or MariaDB compares with numbers: each text is converted, and no index helps.
 * `warned` where the server said so; `typed` by the types of the column and of the value, which is no proof, since a text
 * of digits passes for a number.
 */
export function convertedColumn(
  subject: PlanSubject,
  scan: Scan,
  column: string,
  left: Operand,
): 'warned' | 'typed' | undefined {
  const { plan, table, basis } = scan
  if ((plan.engine !== 'mysql' && plan.engine !== 'mariadb') || left.column === undefined) return undefined
  const index = indexLedBy(table, [column])
  if (index === undefined && table.catalog !== undefined) return undefined
  if (isWarnedOf(scan, column, index?.name)) return 'warned'
  const isText = kindOfType(typeOfColumn(table, column)) === 'text'
  return basis !== 'plan' && isText && isNumberGiven(subject, column) ? 'typed' : undefined
}

function isWarnedOf({ plan, node }: Scan, column: string, index: string | undefined): boolean {
  return plan.warnings.some(({ code, message }) => {
    if (!conversionCodes.has(String(code)) || !/cannot use/i.test(message)) return false
    // MySQL: `on field 'email'`; MariaDB: `shop`.`customers`.`email` of type `varchar` = …
    const field = /field ['`"]([^'`"]+)['`"]|`([^`]+)` of type/
      .exec(message)
      ?.slice(1)
      .find((name) => name !== undefined)
    if (field !== undefined && field !== '?') return isSame(field.split('.').at(-1), column)
    // where its names were taken for literals: the index that could have served is named in the plan
    return index !== undefined && node.possibleKeys?.some((key) => isSame(key, index)) !== false
  })
}

/** A number, in each execution that tells. */
function isNumberGiven({ shape, executions, values }: PlanSubject, column: string): boolean {
  const slots = shape.slots.flatMap((slot, at) => (slot.operator === '=' && isSame(slot.column, column) ? [at] : []))
  const types = executions.flatMap(({ parameters }) =>
    slots.flatMap((slot) => typeOfCell(parameters?.[slot], values) ?? []),
  )
  return types.length > 0 && types.every((type) => type === 'integer' || type === 'number')
}

function typeOfCell(cell: Cell | undefined, values: readonly ValueInfo[]): ValueInfo['type'] | undefined {
  return typeof cell === 'number' ? values[cell]?.type : undefined
}
