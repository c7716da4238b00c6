import { dialectOf } from '../model/engine-dialect.ts'
import type { Engine } from '../model/plan.ts'
import { quoteName } from '../sql/quote-name.ts'
import { type PlanTable, typeOfColumn } from './plan-tables.ts'

/** One part of an index: a column, or the text of an expression. */
export interface IndexPart {
  readonly column?: string
  readonly expression?: string
  readonly isDescending?: boolean
  /** Operator class of PostgreSQL: `gin_trgm_ops`. */
  readonly operatorClass?: string
}

/** Schemas that need not be said. */
const defaultSchemas: ReadonlySet<string> = new Set(['public', 'main', 'dbo'])

/** A table with its schema, where that is not the default one. */
export function tableText({ name, schema }: Pick<PlanTable, 'name' | 'schema'>, engine: Engine): string {
  // MySQL calls a database a schema; the one in use needs no name, and no other can be told from it
  const isSaid = engine === 'postgres' && schema !== undefined && !defaultSchemas.has(schema)
  return isSaid
    ? `${quoteName(schema, dialectOf[engine])}.${quoteName(name, dialectOf[engine])}`
    : quoteName(name, dialectOf[engine])
}

/** `CREATE INDEX ON orders (customer_id)`: for PostgreSQL, which names it; others want a name. */
export function createIndex(
  table: PlanTable,
  parts: readonly IndexPart[],
  engine: Engine,
  { method, kind }: { readonly method?: string; readonly kind?: 'FULLTEXT' } = {},
): string {
  const name = engine === 'postgres' ? '' : ` ${quoteName(indexName(table, parts), dialectOf[engine])}`
  const using = method === undefined ? '' : ` USING ${method}`
  const list = parts.map((part) => partText(table, part, engine)).join(', ')
  return `CREATE ${kind === undefined ? '' : `${kind} `}INDEX${name} ON ${tableText(table, engine)}${using} (${list})`
}

/** As {@link createIndex}, of columns in ascending order. */
export function createColumnIndex(table: PlanTable, columns: readonly string[], engine: Engine): string {
  const parts = columns.map((column) => ({ column }))
  return createIndex(table, parts, engine)
}

function indexName({ name }: PlanTable, parts: readonly IndexPart[]): string {
  const words = parts.map(({ column, expression }) => column ?? expression ?? '')
  const text = [name, ...words, 'idx'].join('_').replaceAll(/[^A-Za-z0-9$]+/g, '_')
  return text.length <= 64 ? text : `${text.slice(0, 60).replace(/_+$/, '')}_idx`
}

function partText(table: PlanTable, part: IndexPart, engine: Engine): string {
  const isMysql = engine === 'mysql' || engine === 'mariadb'
  const { column, expression = '', isDescending, operatorClass } = part
  const prefix = isMysql && column !== undefined && /text|blob/i.test(typeOfColumn(table, column) ?? '') ? '(191)' : ''
  const own =
    column === undefined ? expressionText(expression, engine) : `${quoteName(column, dialectOf[engine])}${prefix}`
  return `${own}${operatorClass === undefined ? '' : ` ${operatorClass}`}${isDescending === true ? ' DESC' : ''}`
}

/** A call stands for itself in PostgreSQL and SQLite; everything else wants parentheses. */
function expressionText(expression: string, engine: Engine): string {
  const isCall = /^[a-z_][\w.]*\([^()]*\)$/i.test(expression)
  return isCall && (engine === 'postgres' || engine === 'sqlite') ? expression : `(${expression})`
}
