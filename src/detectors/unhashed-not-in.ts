import type { Plan } from '../model/plan.ts'
import type { PlanSubject } from './plan-detector.ts'
import type { PlanPlace } from './plan-places.ts'

/**
 * True of the list of a NOT IN that is looked through for each row, since it was not hashed: PostgreSQL writes
 * `NOT (SubPlan 1)`, from version 17 on `NOT (ANY (x = (SubPlan 1).col1))`, and SQLite that the list is correlated.
 */
export function isNotIn({ text }: Pick<PlanSubject, 'text'>, { engine }: Plan, { node, above }: PlanPlace): boolean {
  if (node.correlated !== true || node.hashed === true || !/\bnot\s+in\s*\(\s*(select|with)\b/i.test(text)) return false
  if (engine === 'sqlite') return /\bLIST SUBQUERY\b/.test(`${node.nodeType} ${node.subplanName ?? ''}`)
  const name = node.subplanName
  if (engine !== 'postgres' || name === undefined) return false
  const [parent] = above
  const escaped = name.replaceAll(/[^\w ]/g, String.raw`\$&`)
  return new RegExp(String.raw`NOT \((ANY \(.*)?\(?${escaped}\b`).test(parent?.filter ?? '')
}
