import { type Query, queriesOf } from './sql-tree.ts'

/** Tables and views that a statement names, and what it calls its own, which the database does not know. */
export function namesIn(tree: Query): { readonly schema?: string; readonly name: string }[] {
  return queriesOf(tree).flatMap(({ query }) =>
    query.sources.flatMap(({ schema, name }) =>
      name === undefined ? [] : [{ ...(schema === undefined ? {} : { schema }), name }],
    ),
  )
}
