import { draftsOf, type PlanDraft } from './plan-draft.ts'

/**
 * Whether a subquery reads columns of tables around it, so that it runs again for each of their rows. MariaDB does not say
 * so itself; the conditions inside it name the table.
 */
export function isCorrelated(subquery: PlanDraft, outer: readonly PlanDraft[]): boolean {
  const inside = draftsOf(subquery)
  const own = new Set(inside.flatMap(({ relation }) => relation ?? []))
  const around = outer.flatMap(({ relation }) => (relation === undefined || own.has(relation) ? [] : [relation]))
  const texts = inside.flatMap(({ filter, indexCond, joinFilter, keyRefs = [] }) =>
    [filter, indexCond, joinFilter, ...keyRefs].filter((text) => text !== undefined),
  )
  return around.some((name) => texts.some((text) => namesTable(text, name)))
}

/** The text names a column of it: c.id, `c`.`id`, shop.c.id. */
function namesTable(text: string, name: string): boolean {
  for (const written of [`${name}.`, `\`${name}\`.`]) {
    for (let at = text.indexOf(written); at >= 0; at = text.indexOf(written, at + 1)) {
      if (!/[\w$`]/.test(text[at - 1] ?? ' ')) return true
    }
  }
  return false
}
