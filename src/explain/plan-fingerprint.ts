import { dialectOf } from '../model/engine-dialect.ts'
import { identityOf } from '../model/identity.ts'
import type { CatalogTable, Engine, PlanNode } from '../model/plan.ts'
import { fingerprintOf } from '../sql/fingerprint.ts'

/**
 * Hash of what a plan does, for telling whether it changed: operations, tables, joins, sort keys, kinds of subplans, and
 * what indexes are read by. Equal whatever its numbers, literals, aliases and schema are; whether it was executed; how many
 * workers it had, or whether it had any; and how many partitions of a table it reads.
 *
 * An index counts by its columns where `tables` knows it, else by the parts of it that are used or the condition it is read with, else by its name; so that
 * neither a renamed index nor a hypothetical one makes another plan.
 */
export function planFingerprint(root: PlanNode, engine: Engine, tables: readonly CatalogTable[] = []): string {
  const indexes = new Map(tables.flatMap((table) => table.indexes.map((index) => [index.name, index.columns.join()])))
  return identityOf('plan', [shapeOf(root, { engine, indexes })])
}

interface ShapeContext {
  readonly engine: Engine
  /** Columns, by the index's name. */
  readonly indexes: ReadonlyMap<string, string>
}

function shapeOf(node: PlanNode, context: ShapeContext): string {
  const children = node.children.map((child) => shapeOf(child, context))
  const below = node.op === 'append' ? [...new Set(children)] : children
  // Its rows are the same, only that workers find them.
  if (node.op === 'gather' || node.stage === 'partial') return below.join()
  const parts = [
    node.op,
    relationOf(node),
    indexOf(node, context),
    node.joinType ?? '',
    (node.sortKey ?? []).map((key) => plain(key, context.engine)).join('+'),
    subplanOf(node),
    node.operation ?? '',
  ]
  return `${parts.join('|')}(${below.join()})`
}

/** Partitions of one table are named after it in their aliases: `orders_1`, `orders_2`. */
function relationOf({ relation, alias, parentRelationship }: PlanNode): string {
  const whole = parentRelationship === 'member' ? /^(.+)_\d+$/.exec(alias ?? '')?.[1] : undefined
  return whole ?? relation ?? ''
}

function indexOf({ index, indexCond, keyParts }: PlanNode, { engine, indexes }: ShapeContext): string {
  if (index === undefined) return ''
  const columns = indexes.get(index)
  if (columns !== undefined) return columns
  if (keyParts !== undefined) return keyParts.join()
  // HypoPG names its indexes `<13543>btree_orders_customer_id`.
  return indexCond === undefined ? index.replace(/^<\d+>/, '') : plain(indexCond, engine)
}

function subplanOf({ parentRelationship, correlated, hashed }: PlanNode): string {
  const isSubplan = parentRelationship === 'subplan' || parentRelationship === 'initplan'
  return isSubplan ? `${parentRelationship}${correlated ? ' correlated' : ''}${hashed ? ' hashed' : ''}` : ''
}

/** A condition without literals, and without the tables its columns are qualified with. */
function plain(condition: string, engine: Engine): string {
  const text = fingerprintOf(condition, dialectOf[engine]).replace(/(?:[\w$]+|"[^"]*"|`[^`]*`)\.(?=[\w"`])/g, '')
  // MySQL quotes an expression that it sorts by, but only where it was executed.
  return text.replaceAll('`', '')
}
