import type { CatalogIndex, CatalogTable, VerifiedIndex } from '../model/plan.ts'
import type { Dialect } from '../model/statement.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Key } from './table-demand.ts'

/** A part of an index. */
export interface IndexKey extends Key {
  readonly isDescending?: boolean
  readonly nulls?: 'first' | 'last'
  readonly operatorClass?: string
}

/** An index that may help; whether it does is found out by trying. */
export interface IndexCandidate {
  readonly table: CatalogTable
  readonly keys: readonly IndexKey[]
  readonly include: readonly string[]
  readonly predicate?: string
  readonly method: string
  readonly purpose: VerifiedIndex['purpose']
  /** Extension that it needs. */
  readonly extension?: string
}

/** The statement that makes an index, without a name where the database gives one. */
export function indexDdl(candidate: IndexCandidate, dialect: Dialect): string {
  const { table, method, include, predicate } = candidate
  const name = dialect === 'postgresql' ? '' : `${quoteName(indexName(candidate), dialect)} `
  const isPublic = table.schema === undefined || table.schema === 'public' || dialect !== 'postgresql'
  const schema = isPublic ? '' : `${quoteName(table.schema as string, dialect)}.`
  const using = method === 'btree' ? '' : ` USING ${method}`
  const keys = indexKeys(candidate, dialect)
  const including =
    include.length === 0 ? '' : ` INCLUDE (${include.map((column) => quoteName(column, dialect)).join(', ')})`
  const where = predicate === undefined ? '' : ` WHERE ${predicate}`
  return `CREATE INDEX ${name}ON ${schema}${quoteName(table.name, dialect)}${using} (${keys})${including}${where}`
}

/** What stands between the parentheses of an index. */
export function indexKeys({ keys }: IndexCandidate, dialect: Dialect): string {
  return keys.map((key) => keyText(key, dialect)).join(', ')
}

/** `orders_customer_id_idx`, as PostgreSQL would call it. */
export function indexName({ table, keys }: IndexCandidate): string {
  const words = keys.map(({ text }) => text.replaceAll(/\W+/g, '_').replaceAll(/^_+|_+$/g, ''))
  return `${[table.name, ...words].join('_').slice(0, 58)}_idx`
}

function keyText({ text, isColumn, operatorClass, isDescending, nulls }: IndexKey, dialect: Dialect): string {
  const isCall = /^[\w.]+\(.*\)$/s.test(text) && dialect !== 'mysql'
  const key = isColumn || isCall ? text : `(${text})`
  const order = `${isDescending ? ' DESC' : ''}${nulls === undefined ? '' : ` NULLS ${nulls.toUpperCase()}`}`
  return `${key}${operatorClass === undefined ? '' : ` ${operatorClass}`}${order}`
}

/** An index that there is, and that serves wherever the candidate would. */
export function isCovered({ keys, method, predicate, include, table }: IndexCandidate): boolean {
  if (predicate !== undefined || include.length > 0) return false
  return table.indexes.some(
    (index) =>
      index.predicate === undefined &&
      index.method === method &&
      keys.every((key, position) => isSameKey(index.columns[position], key) && key.operatorClass === undefined),
  )
}

/** An index that the candidate makes superfluous: its columns begin the candidate's. */
export function replacedBy({ keys, method, predicate, table }: IndexCandidate): CatalogIndex | undefined {
  if (predicate !== undefined || keys.some(({ operatorClass }) => operatorClass !== undefined)) return undefined
  return table.indexes.find(
    (index) =>
      !index.isUnique &&
      index.isPrimary !== true &&
      index.predicate === undefined &&
      index.method === method &&
      index.columns.length > 0 &&
      index.columns.length < keys.length &&
      index.columns.every((column, position) => isSameKey(column, keys[position])),
  )
}

function isSameKey(column: string | undefined, key: IndexKey | undefined): boolean {
  return column !== undefined && key !== undefined && bare(column) === bare(key.text)
}

/** Texts of expressions differ in parentheses, casts to text inside, and spaces, by who printed them. */
function bare(text: string): string {
  const plain = text.replaceAll(/[\s()"`]/g, '').toLowerCase()
  const isCast = /^[\w$]+::\w+$/.test(plain)
  return isCast ? plain : plain.replaceAll(/::(text|charactervarying)/g, '')
}
