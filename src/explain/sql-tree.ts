/**
 * What a statement asks of its tables, as far as an index could serve it. Read from the text by {@link readSqlTree} or,
 * where the parser of PostgreSQL is there, from its tree. Parts that no index serves are `unknown`.
 */
export type Expression =
  | { readonly type: 'column'; readonly table?: string; readonly name: string }
  /** `text` is the SQL of a literal; a parameter has its number, from 1, where that is known. */
  | { readonly type: 'value'; readonly text?: string; readonly parameter?: number }
  | { readonly type: 'call'; readonly name: string; readonly of: readonly Expression[] }
  | { readonly type: 'cast'; readonly to: string; readonly of: readonly Expression[] }
  /** Arithmetic, `->>`, `||`, …. */
  | { readonly type: 'operation'; readonly operator: string; readonly of: readonly Expression[] }
  /** Operators in lower case; a negated one is led by `not `. `in`, `between` and `is null` are told by these words. */
  | { readonly type: 'comparison'; readonly operator: string; readonly of: readonly Expression[] }
  | { readonly type: 'and' | 'or' | 'not' | 'row' | 'unknown'; readonly of: readonly Expression[] }
  | { readonly type: 'query'; readonly query: Query; readonly of: readonly Expression[] }

/** A table, or a query in place of one. */
export interface Source {
  readonly schema?: string
  readonly name?: string
  readonly alias: string
  readonly query?: Query
}

/** A key of ORDER BY. */
export interface OrderKey {
  readonly of: Expression
  readonly isDescending: boolean
  readonly nulls?: 'first' | 'last'
}

/** One SELECT, UPDATE or DELETE, and those inside. */
export interface Query {
  readonly sources: readonly Source[]
  /** All of them hold: WHERE, ON and USING. */
  readonly conditions: readonly Expression[]
  readonly order: readonly OrderKey[]
  readonly hasLimit: boolean
  /** Expressions after SELECT, RETURNING, GROUP BY, HAVING, SET. */
  readonly outputs: readonly Expression[]
  /** A star is among these, so all columns are wanted. */
  readonly hasStar: boolean
  /** Parts of a UNION and common table expressions. */
  readonly parts: readonly Query[]
}

/** Every query of a statement, outer ones first, with the queries around each, the nearest first. */
export function queriesOf(query: Query, around: readonly Query[] = []): { query: Query; around: readonly Query[] }[] {
  const within = [query, ...around]
  const expressions = [...query.conditions, ...query.outputs, ...query.order.map(({ of }) => of)]
  const nested = expressions.flatMap(expressionsOf).flatMap((each) => (each.type === 'query' ? [each.query] : []))
  const derived = query.sources.flatMap((source) => source.query ?? [])
  return [
    { query, around },
    ...nested.flatMap((each) => queriesOf(each, within)),
    ...[...derived, ...query.parts].flatMap((each) => queriesOf(each, around)),
  ]
}

/** An expression and all inside it, but for those of the queries in it. */
export function expressionsOf(expression: Expression): Expression[] {
  return [expression, ...childrenOf(expression).flatMap(expressionsOf)]
}

/** Columns named in an expression, and in the conditions of the queries inside it. */
export function columnsIn(expression: Expression): (Expression & { type: 'column' })[] {
  return expressionsOf(expression).flatMap((each) => {
    if (each.type === 'column') return [each]
    if (each.type !== 'query') return []
    const { conditions, outputs, order } = each.query
    return [...conditions, ...outputs, ...order.map(({ of }) => of)].flatMap(columnsIn)
  })
}

/** Conditions that all hold, out of one that may be an AND of several. */
export function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.type === 'and' ? expression.of.flatMap(conjunctsOf) : [expression]
}

function childrenOf(expression: Expression): readonly Expression[] {
  return expression.type === 'column' || expression.type === 'value' ? [] : expression.of
}
