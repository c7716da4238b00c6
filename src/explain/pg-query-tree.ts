import type { Expression, OrderKey, Query, Source } from './sql-tree.ts'

/** A node of the parser's tree: an object whose one key is its type. */
type Tree = Readonly<Record<string, unknown>>

/** The part of `libpg-query` that is used. */
interface PgQuery {
  parse(text: string): Promise<{ readonly stmts?: readonly { readonly stmt?: unknown }[] }>
}

let parser: Promise<PgQuery | undefined> | undefined

/** The parser of PostgreSQL itself, loaded at the first use; undefined where it cannot be. */
export function pgQuery(): Promise<PgQuery | undefined> {
  parser ??= import('libpg-query').then(
    (module) => module as unknown as PgQuery,
    () => undefined,
  )
  return parser
}

/**
 * What a statement asks of its tables, from the tree that PostgreSQL's own parser makes of it.
 *
 * @returns undefined where the parser is not there or does not take the text, as with placeholders of other drivers.
 */
export async function readPostgresTree(text: string): Promise<Query | undefined> {
  const module = await pgQuery()
  if (module === undefined) return undefined
  try {
    const { stmts = [] } = await module.parse(text)
    return stmts.length === 1 ? statement(stmts[0]?.stmt) : undefined
  } catch {
    return undefined
  }
}

const STATEMENTS = ['SelectStmt', 'UpdateStmt', 'DeleteStmt', 'InsertStmt', 'MergeStmt']

function statement(node: unknown): Query | undefined {
  const type = STATEMENTS.find((name) => fieldOf(node, name) !== undefined)
  return type === undefined ? undefined : query(field(node, type))
}

/** Fields are the same in all statements that have them. */
function query(of: Tree): Query {
  const conditions: Expression[] = []
  const sources: Source[] = []
  if (of.relation !== undefined) sources.push(table(of.relation as Tree))
  for (const item of [...list(of.fromClause), ...list(of.usingClause)]) readSource(item, sources, conditions)
  if (of.whereClause !== undefined) conditions.push(expression(of.whereClause))
  const targets = [...list(of.targetList), ...list(of.returningList)].map((item) =>
    expression(field(item, 'ResTarget').val),
  )
  const others = [...list(of.groupClause), ...list(of.distinctClause), of.havingClause].filter(
    (each) => each !== undefined,
  )
  const outputs = [...targets, ...others.map(expression)]
  const parts = [of.larg, of.rarg].filter((part) => part !== undefined).map((part) => query(part as Tree))
  const inserted = statement(of.selectStmt)
  const tables = list(field(of, 'withClause').ctes).map((item) => statement(field(item, 'CommonTableExpr').ctequery))
  return {
    sources,
    conditions,
    order: list(of.sortClause).map((item) => orderKey(field(item, 'SortBy'))),
    hasLimit: of.limitCount !== undefined,
    outputs,
    // who writes to a row reads it as a whole
    hasStar: of.relation !== undefined || outputs.some((output) => output.type === 'column' && output.name === '*'),
    parts: [...parts, inserted, ...tables].filter((part) => part !== undefined),
  }
}

function table(of: Tree): Source {
  const name = of.relname as string
  const alias = (field(of, 'alias').aliasname as string | undefined) ?? name
  return { ...(of.schemaname === undefined ? {} : { schema: of.schemaname as string }), name, alias }
}

function readSource(item: unknown, sources: Source[], conditions: Expression[]): void {
  if (fieldOf(item, 'RangeVar') !== undefined) sources.push(table(field(item, 'RangeVar')))
  const derived = fieldOf(item, 'RangeSubselect')
  if (derived !== undefined) {
    const inner = statement(derived.subquery)
    sources.push({ alias: (field(derived, 'alias').aliasname as string) ?? '', ...(inner && { query: inner }) })
  }
  const join = fieldOf(item, 'JoinExpr')
  if (join === undefined) return
  const from = sources.length
  readSource(join.larg, sources, conditions)
  const middle = sources.length
  readSource(join.rarg, sources, conditions)
  if (join.quals !== undefined) conditions.push(expression(join.quals))
  const [left, right] = [sources[middle - 1] ?? sources[from], sources[middle]]
  for (const name of list(join.usingClause).map(text)) {
    if (left === undefined || right === undefined) continue
    const of = [left, right].map(({ alias }) => ({ type: 'column' as const, table: alias, name }))
    conditions.push({ type: 'comparison', operator: '=', of })
  }
}

function orderKey(of: Tree): OrderKey {
  const nulls =
    of.sortby_nulls === 'SORTBY_NULLS_FIRST' ? 'first' : of.sortby_nulls === 'SORTBY_NULLS_LAST' ? 'last' : undefined
  return { of: expression(of.node), isDescending: of.sortby_dir === 'SORTBY_DESC', ...(nulls && { nulls }) }
}

function expression(node: unknown): Expression {
  const [type = '', value] = Object.entries((node ?? {}) as Tree)[0] ?? []
  const of = (value ?? {}) as Tree
  switch (type) {
    case 'ColumnRef':
      return column(of)
    case 'ParamRef':
      return { type: 'value', parameter: (of.number as number | undefined) ?? 0 }
    case 'A_Const':
      return { type: 'value', text: constant(of) }
    case 'A_Expr':
      return operator(of)
    case 'BoolExpr':
      return { type: boolean(of.boolop), of: list(of.args).map(expression) }
    case 'NullTest':
      return comparison(of.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null', [expression(of.arg)])
    case 'BooleanTest': {
      const words = String(of.booltesttype).toLowerCase().split('_')
      return comparison(words.join(' ').replace('isnot', 'is not'), [expression(of.arg)])
    }
    case 'FuncCall':
      return call(of)
    case 'TypeCast':
      return { type: 'cast', to: typeName(of.typeName as Tree), of: [expression(of.arg)] }
    case 'CollateClause':
      return expression(of.arg)
    case 'List':
      return { type: 'row', of: list(of.items).map(expression) }
    case 'RowExpr':
      return { type: 'row', of: list(of.args).map(expression) }
    case 'SubLink':
      return subquery(of)
    case 'CoalesceExpr':
      return { type: 'call', name: 'coalesce', of: list(of.args).map(expression) }
    default:
      return { type: 'unknown', of: children(of) }
  }
}

function column(of: Tree): Expression {
  const names = list(of.fields).map((each) => (fieldOf(each, 'A_Star') === undefined ? text(each) : '*'))
  const [name = '', table] = names.reverse()
  return { type: 'column', ...(table === undefined ? {} : { table }), name }
}

function constant(of: Tree): string {
  if (of.isnull === true) return 'null'
  const string = fieldOf(of, 'sval')
  if (string !== undefined) return `'${String(string.sval ?? '').replaceAll("'", "''")}'`
  const boolean = fieldOf(of, 'boolval')
  if (boolean !== undefined) return String(boolean.boolval ?? false)
  return String(field(of, 'ival').ival ?? field(of, 'fval').fval ?? 0)
}

/** Kinds of `A_Expr` that are no plain operator, in the words of {@link Expression}. */
const KINDS: Readonly<Record<string, string>> = {
  AEXPR_BETWEEN: 'between',
  AEXPR_BETWEEN_SYM: 'between',
  AEXPR_NOT_BETWEEN: 'not between',
  AEXPR_DISTINCT: 'is distinct from',
  AEXPR_NOT_DISTINCT: 'is not distinct from',
}

function operator(of: Tree): Expression {
  const kind = String(of.kind)
  const name = list(of.name).map(text).at(-1) ?? ''
  const left = expression(of.lexpr)
  if (of.lexpr === undefined) return { type: 'unknown', of: [expression(of.rexpr)] }
  if (kind === 'AEXPR_IN') return comparison(name === '=' ? 'in' : 'not in', [left, expression(of.rexpr)])
  if (kind === 'AEXPR_OP_ANY' && name === '=') return comparison('in', [left, expression(of.rexpr)])
  if (KINDS[kind]?.endsWith('between')) return comparison(KINDS[kind] as string, [left, ...bounds(of.rexpr)])
  if (KINDS[kind] !== undefined) return comparison(KINDS[kind] as string, [left, expression(of.rexpr)])
  if (kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE')
    return comparison(likeWord(kind, name), [left, expression(of.rexpr)])
  const isComparison = /^(=|<>|!=|[<>]=?|!?~~?\*?|@>|<@|&&|@@|\?[|&]?|@\?|\^@)$/.test(name)
  const operands = [left, expression(of.rexpr)]
  return isComparison ? comparison(name, operands) : { type: 'operation', operator: name, of: operands }
}

function bounds(node: unknown): readonly Expression[] {
  const row = expression(node)
  return row.type === 'row' ? row.of : [row]
}

function likeWord(kind: string, name: string): string {
  return `${name.startsWith('!') ? 'not ' : ''}${kind === 'AEXPR_LIKE' ? 'like' : 'ilike'}`
}

function call(of: Tree): Expression {
  const name = list(of.funcname)
    .map(text)
    .filter((part) => part !== 'pg_catalog')
    .join('.')
  const args = list(of.args).map(expression)
  const isPlain = of.over === undefined && of.agg_filter === undefined && of.agg_within_group === undefined
  return isPlain ? { type: 'call', name, of: args } : { type: 'unknown', of: args }
}

function subquery(of: Tree): Expression {
  const inner = statement(of.subselect)
  if (inner === undefined) return { type: 'unknown', of: [] }
  const nested: Expression = { type: 'query', query: inner, of: [] }
  if (of.testexpr === undefined) return nested
  return comparison('in', [expression(of.testexpr), nested])
}

function typeName(of: Tree): string {
  const names = list(of.names).map(text)
  const name = names.filter((part) => part !== 'pg_catalog').join('.')
  const modifiers = list(of.typmods).map((each) => String(field(field(each, 'A_Const'), 'ival').ival ?? ''))
  const arguments_ = modifiers.length > 0 && modifiers.every((each) => each !== '') ? `(${modifiers.join(',')})` : ''
  return `${name}${arguments_}${list(of.arrayBounds)
    .map(() => '[]')
    .join('')}`
}

function boolean(operator: unknown): 'and' | 'or' | 'not' {
  return operator === 'AND_EXPR' ? 'and' : operator === 'OR_EXPR' ? 'or' : 'not'
}

function comparison(operator: string, of: readonly Expression[]): Expression {
  return { type: 'comparison', operator, of }
}

/** Expressions anywhere in a node that is not read further. */
function children(of: Tree): Expression[] {
  return Object.values(of).flatMap((value) => {
    if (Array.isArray(value)) return value.map(expression)
    return typeof value === 'object' && value !== null ? [expression(value)] : []
  })
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function fieldOf(node: unknown, name: string): Tree | undefined {
  const value = (node as Tree | undefined)?.[name]
  return typeof value === 'object' && value !== null ? (value as Tree) : undefined
}

function field(node: unknown, name: string): Tree {
  return fieldOf(node, name) ?? {}
}

function text(node: unknown): string {
  return String(field(node, 'String').sval ?? '')
}
