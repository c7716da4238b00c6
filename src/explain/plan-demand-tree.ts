import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { readCondition, readOrderKey } from './read-sql-tree.ts'
import type { Expression, OrderKey, Query, Source } from './sql-tree.ts'

/**
 * A plan of PostgreSQL read as if it were one flat query: it knows the tables behind views, and conditions that the
 * planner moved. Names of tables in it are those of the plan, which are unlike each other.
 */
export function planDemandTree({ root }: Plan, rootOf: (name: string) => string = (name) => name): Query {
  const nodes = nodesOf(root)
  const sources: Source[] = []
  for (const { relation, schema, alias } of nodes) {
    if (relation === undefined) continue
    sources.push({ ...(schema === undefined ? {} : { schema }), name: rootOf(relation), alias: alias ?? relation })
  }
  const sort = nodes.find(({ sortKey }) => sortKey !== undefined)
  const order = (sort?.sortKey ?? []).map((key) => readOrderKey(key, 'postgresql')).filter((key) => key !== undefined)
  return {
    sources,
    conditions: nodes.flatMap(conditionsOf),
    order: order as OrderKey[],
    hasLimit: nodes.some(({ op }) => op === 'limit'),
    outputs: [],
    // what is read of each table is not told apart from what lies beside it
    hasStar: true,
    parts: [],
  }
}

function conditionsOf(node: PlanNode): Expression[] {
  const { filter, indexCond, joinCond, joinFilter } = node
  const texts = [filter, indexCond, joinCond, joinFilter].filter((text) => text !== undefined)
  return texts.map((text) => qualified(readCondition(text, 'postgresql'), node))
}

/** Without VERBOSE, the columns of a plan of one table have no table before them. */
function qualified(expression: Expression, { alias, relation }: PlanNode): Expression {
  const table = alias ?? relation
  if (expression.type === 'value' || table === undefined) return expression
  if (expression.type === 'column') return expression.table === undefined ? { ...expression, table } : expression
  return {
    ...expression,
    of: expression.of.map((each) => qualified(each, { alias, relation } as PlanNode)),
  } as Expression
}
