import type { CatalogTable } from '../model/plan.ts'
import type { Dialect } from '../model/statement.ts'
import { expressionText } from './expression-text.ts'
import { stringValue } from './sql-tokens.ts'
import {
  columnsIn,
  conjunctsOf,
  type Expression,
  expressionsOf,
  type OrderKey,
  type Query,
  queriesOf,
  type Source,
} from './sql-tree.ts'

/** A column, or an expression of columns, that an index may hold. */
export interface Key {
  /** As SQL. */
  readonly text: string
  readonly isColumn: boolean
  /** Distinct values by the statistics, as a number of rows. */
  readonly distinct?: number
}

/** A key that is matched with a pattern or asked whether it contains something. */
export interface PatternKey {
  readonly key: Key
  /** `prefix` is `like 'a%'`, `anywhere` is `like '%a%'`; `contains` is `@>`, `&&`, `@@`. */
  readonly form: 'prefix' | 'anywhere' | 'contains'
}

/** What one query asks of one of its tables. */
export interface TableDemand {
  readonly table: CatalogTable
  /** Compared with one value. */
  readonly equal: readonly Key[]
  /** Compared with a list of values. */
  readonly listed: readonly Key[]
  /** Compared with a column of another table, or of a query around. */
  readonly joined: readonly Key[]
  readonly ranged: readonly Key[]
  readonly patterns: readonly PatternKey[]
  /** Conditions without a parameter, by the text of their key: an index may be limited to them. */
  readonly fixed: readonly { readonly key: Key; readonly predicate: string }[]
  /** Of each OR: the keys of its branches. */
  readonly alternatives: readonly (readonly Key[])[]
  readonly order: readonly (Key & Pick<OrderKey, 'isDescending' | 'nulls'>)[]
  readonly hasLimit: boolean
  /** Columns that are read; undefined where all are. */
  readonly wanted?: readonly string[]
}

/** What demands are read with. */
export interface DemandContext {
  readonly tables: readonly CatalogTable[]
  readonly dialect: Dialect
  readonly values: readonly unknown[] | undefined
  /** Lets literals of the text into indexes, where they are more than the name of a part. @default false */
  readonly keepsLiterals?: boolean
}

/** What a statement asks of each of its tables that the catalog knows, query by query. */
export function demandsOf(tree: Query, context: DemandContext): TableDemand[] {
  return queriesOf(tree).flatMap(({ query, around }) =>
    query.sources.flatMap((source) => {
      const table = tableOf(source, context)
      return table === undefined ? [] : [demandOf(new Subject(source, table, query, around, context))]
    }),
  )
}

function tableOf({ schema, name }: Source, { tables }: DemandContext): CatalogTable | undefined {
  if (name === undefined) return undefined
  const named = tables.filter((table) => table.name === name || table.name.toLowerCase() === name.toLowerCase())
  return named.find((table) => schema !== undefined && table.schema === schema) ?? named[0]
}

function hasColumn(table: CatalogTable | undefined, name: string): boolean {
  return table?.columns.some((column) => column.name.toLowerCase() === name.toLowerCase()) ?? false
}

type ColumnExpression = Expression & { readonly type: 'column' }

/** A table in the query that it stands in. */
class Subject {
  readonly source: Source
  readonly table: CatalogTable
  readonly query: Query
  readonly around: readonly Query[]
  readonly context: DemandContext

  constructor(source: Source, table: CatalogTable, query: Query, around: readonly Query[], context: DemandContext) {
    this.source = source
    this.table = table
    this.query = query
    this.around = around
    this.context = context
  }

  /** A column of this table, not of another one that the same name may mean. */
  owns({ table, name }: { readonly table?: string; readonly name: string }): boolean {
    if (!hasColumn(this.table, name)) return false
    if (table !== undefined) {
      const alias = table.toLowerCase()
      return this.source.alias.toLowerCase() === alias || (this.source.alias === '' && this.source.name === table)
    }
    const owner = this.query.sources.find((source) => hasColumn(tableOf(source, this.context), name))
    return owner === this.source
  }

  /** An expression of this table's columns and of nothing else that changes. */
  keyOf(expression: Expression): Key | undefined {
    const plain = this.#withoutRelabelling(expression)
    const columns = columnsIn(plain)
    if (columns.length === 0 || !columns.every((column) => this.owns(column))) return undefined
    if (plain.type === 'column') return this.#columnKey(plain.name)
    const text = expressionText(plain, this.context.dialect)
    if (text === undefined || !['call', 'cast', 'operation'].includes(plain.type)) return undefined
    if (this.context.keepsLiterals !== true && holdsLiteral(plain)) return undefined
    return { text, isColumn: false }
  }

  isOther(expression: Expression): boolean {
    return !this.#columnsAround(expression).some((column) => this.owns(column))
  }

  /** Columns of an expression; of a query in it those that it takes from around it. */
  #columnsAround(expression: Expression): ColumnExpression[] {
    return expressionsOf(expression).flatMap((each) => {
      if (each.type === 'column') return [each]
      if (each.type !== 'query') return []
      const { conditions, outputs, order, sources } = each.query
      const parts = [...conditions, ...outputs, ...order.map(({ of }) => of)]
      return parts.flatMap((part) => this.#columnsAround(part)).filter((column) => !this.#isOf(sources, column))
    })
  }

  #isOf(sources: readonly Source[], { table, name }: ColumnExpression): boolean {
    return sources.some((source) =>
      table === undefined
        ? hasColumn(tableOf(source, this.context), name)
        : (source.alias || source.name || '').toLowerCase() === table.toLowerCase(),
    )
  }

  #columnKey(name: string): Key | undefined {
    const column = this.table.columns.find((each) => each.name.toLowerCase() === name.toLowerCase())
    if (column === undefined) return undefined
    const text = expressionText({ type: 'column', name: column.name }, this.context.dialect) as string
    return { text, isColumn: true, ...(column.distinct === undefined ? {} : { distinct: column.distinct }) }
  }

  /** PostgreSQL prints `(status)::text` for a varchar that is compared with a text: an index on the column serves it. */
  #withoutRelabelling(expression: Expression): Expression {
    const [of] = expression.type === 'cast' ? expression.of : []
    if (of?.type !== 'column' || expression.type !== 'cast' || expression.to !== 'text') return expression
    const type = this.table.columns.find(({ name }) => name === of.name)?.type ?? ''
    return /^(character varying|varchar|text)/i.test(type) ? of : expression
  }
}

interface Draft {
  readonly equal: Key[]
  readonly listed: Key[]
  readonly joined: Key[]
  readonly ranged: Key[]
  readonly patterns: PatternKey[]
  readonly fixed: { key: Key; predicate: string }[]
  readonly alternatives: Key[][]
}

function demandOf(subject: Subject): TableDemand {
  const draft: Draft = { equal: [], listed: [], joined: [], ranged: [], patterns: [], fixed: [], alternatives: [] }
  for (const condition of subject.query.conditions.flatMap(conjunctsOf)) readCondition(subject, condition, draft)
  const wanted = wantedOf(subject)
  return {
    table: subject.table,
    ...draft,
    ...orderOf(subject),
    ...(wanted === undefined ? {} : { wanted }),
  }
}

const RANGES = new Set(['<', '>', '<=', '>=', 'between'])
const EQUALITIES = new Set(['=', '==', '<=>', 'is not distinct from', 'is null', 'is true', 'is false'])
const CONTAINMENTS = new Set(['@>', '&&', '@@', '?', '?|', '?&', '@?'])
const LIKES = new Set(['like', 'ilike', '~~', '~~*'])

function readCondition(subject: Subject, condition: Expression, draft: Draft): void {
  if (condition.type === 'or') readAlternatives(subject, condition, draft)
  const key = boolKeyOf(subject, condition)
  if (key !== undefined) addFixed(subject, condition, key, draft)
  if (condition.type !== 'comparison') return
  const [left, ...others] = condition.of
  if (left === undefined) return
  const straight = subject.keyOf(left)
  if (straight !== undefined && others.every((other) => subject.isOther(other))) {
    addComparison(subject, { condition, key: straight, operator: condition.operator, others }, draft)
    return
  }
  const [right] = others
  const reversed = right === undefined || others.length > 1 ? undefined : subject.keyOf(right)
  if (reversed === undefined || !subject.isOther(left)) return
  addComparison(subject, { condition, key: reversed, operator: condition.operator, others: [left] }, draft)
}

/** `where is_open` and `where not is_open`. */
function boolKeyOf(subject: Subject, condition: Expression): Key | undefined {
  const of = condition.type === 'not' ? condition.of[0] : condition
  return of?.type === 'column' ? subject.keyOf(of) : undefined
}

/** Operators and functions whose literals name a part: they are code, not data. */
const NAMES_PART =
  /^(->|->>|#>|#>>|date_trunc|date_part|extract|to_tsvector|to_char|json_extract|json_value|strftime|date|substr)$/i
const IS_WORD = /^(null|true|false)$/i

function holdsLiteral(expression: Expression): boolean {
  if (expression.type === 'value') return !IS_WORD.test(expression.text ?? '')
  if (expression.type === 'column') return false
  const name = expression.type === 'call' ? expression.name : expression.type === 'operation' ? expression.operator : ''
  const of = NAMES_PART.test(name) ? expression.of.filter(({ type }) => type !== 'value') : expression.of
  return of.some(holdsLiteral)
}

interface Comparison {
  readonly condition: Expression
  readonly key: Key
  readonly operator: string
  readonly others: readonly Expression[]
}

function addComparison(subject: Subject, comparison: Comparison, draft: Draft): void {
  const { condition, key, operator, others } = comparison
  const isWithColumn = others.some((other) => columnsIn(other).length > 0 || other.type === 'query')
  if (EQUALITIES.has(operator)) draft[isWithColumn ? 'joined' : 'equal'].push(key)
  else if (operator === 'in') draft[isWithColumn ? 'joined' : 'listed'].push(key)
  else if (RANGES.has(operator)) draft.ranged.push(key)
  else if (CONTAINMENTS.has(operator)) draft.patterns.push({ key, form: 'contains' })
  else if (LIKES.has(operator)) draft.patterns.push({ key, form: likeForm(subject, operator, others[0]) })
  addFixed(subject, condition, key, draft)
}

function addFixed(subject: Subject, condition: Expression, key: Key, draft: Draft): void {
  if (subject.context.keepsLiterals !== true && holdsLiteral(condition)) return
  const predicate = expressionText(condition, subject.context.dialect)
  const isOwn = columnsIn(condition).every((column) => subject.owns(column))
  if (predicate !== undefined && isOwn) draft.fixed.push({ key, predicate })
}

function likeForm(subject: Subject, operator: string, pattern: Expression | undefined): PatternKey['form'] {
  const of = pattern?.type === 'cast' ? pattern.of[0] : pattern
  if (of?.type !== 'value') return 'anywhere'
  const bound = of.parameter === undefined ? undefined : subject.context.values?.[of.parameter - 1]
  const text = of.text === undefined ? bound : stringValue(of.text)
  const isPrefix = typeof text === 'string' && /^[^%_\\]/.test(text) && operator !== 'ilike' && operator !== '~~*'
  return isPrefix ? 'prefix' : 'anywhere'
}

function readAlternatives(
  subject: Subject,
  condition: Expression & { type: 'or' | 'and' | 'not' | 'row' | 'unknown' },
  draft: Draft,
): void {
  const branches = condition.of.map((branch) => {
    const nested: Draft = { equal: [], listed: [], joined: [], ranged: [], patterns: [], fixed: [], alternatives: [] }
    for (const each of conjunctsOf(branch)) readCondition(subject, each, nested)
    return [...bySelectivity(nested.equal), ...nested.listed, ...nested.joined, ...nested.ranged][0]
  })
  const keys = branches.filter((key) => key !== undefined)
  if (keys.length === branches.length) draft.alternatives.push(keys)
}

/** The most selective first. */
export function bySelectivity(keys: readonly Key[]): Key[] {
  return [...keys].sort((one, other) => (other.distinct ?? 0) - (one.distinct ?? 0))
}

function orderOf(subject: Subject): Pick<TableDemand, 'order' | 'hasLimit'> {
  const { order, hasLimit, outputs } = subject.query
  const keys = order.map(({ of, isDescending, nulls }) => {
    const key = subject.keyOf(of)
    return key === undefined ? undefined : { ...key, isDescending, ...(nulls === undefined ? {} : { nulls }) }
  })
  if (keys.length > 0 && !keys.includes(undefined)) return { order: keys.filter((key) => key !== undefined), hasLimit }
  const [only] = outputs
  const isExtreme = outputs.length === 1 && only?.type === 'call' && /^(min|max)$/i.test(only.name)
  const extreme = isExtreme && only.of[0] !== undefined ? subject.keyOf(only.of[0]) : undefined
  if (order.length > 0 || extreme === undefined) return { order: [], hasLimit: false }
  return { order: [{ ...extreme, isDescending: false }], hasLimit: true }
}

/** Columns of this table that the query, or one inside it, names. */
function wantedOf(subject: Subject): readonly string[] | undefined {
  const { query } = subject
  const all = [...query.conditions, ...query.outputs, ...query.order.map(({ of }) => of)].flatMap(columnsIn)
  if (query.hasStar || all.some(({ name }) => name === '*')) return undefined
  const names = all.filter((column) => subject.owns(column)).map(({ name }) => name)
  return [...new Set(names)]
}
