import type { Refusal } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { doubtfulCalls } from './mysql-calls.ts'
import { withoutLocks } from './mysql-locking.ts'
import { refuse } from './refusals.ts'
import { sqlWords } from './sql-words.ts'

/** What the statement reads through. */
export interface MysqlReach {
  readonly harm?: Refusal
  readonly readsView: boolean
}

/**
 * Finds out whether a statement may call anything that writes, waits or locks: MySQL and MariaDB call functions while they
 * plan. Definitions of views are read as the statement itself.
 */
export async function mysqlReach(connection: SideConnection, text: string): Promise<MysqlReach> {
  const seen = new Set<string>()
  const names = new Set<string>()
  let texts = [text]
  let readsView = false
  while (texts.length > 0) {
    for (const one of texts) {
      const harm = harmOf(one)
      if (harm !== undefined) return { harm, readsView }
      for (const name of sqlWords(one, 'mysql').names) names.add(name)
    }
    const views = (await viewsNamed(connection, [...names])).filter(({ key }) => !seen.has(key))
    for (const { key } of views) seen.add(key)
    readsView ||= views.length > 0
    texts = views.map(({ definition }) => definition)
    if (texts.includes('')) return { harm: refuse('no-privilege', 'definition of a view'), readsView }
    if (texts.some((view) => withoutLocks(view).isLocking)) return { harm: refuse('locks-rows', 'view'), readsView }
  }
  return { readsView }
}

function harmOf(text: string): Refusal | undefined {
  const [call] = doubtfulCalls(text)
  if (call !== undefined) return refuse('calls-volatile-function', call)
  const { names, hasVariables } = sqlWords(text, 'mysql')
  if (hasVariables) return refuse('session-unknown', 'variable of the session')
  if (names.has('value') && names.has('for') && (names.has('next') || names.has('previous'))) {
    return refuse('calls-volatile-function', 'next value for')
  }
  return names.has('procedure') ? refuse('not-explainable', 'procedure') : undefined
}

async function viewsNamed(connection: SideConnection, names: readonly string[]) {
  const list = names.map(() => '?').join(', ')
  const rows = await connection.query(
    `SELECT table_schema AS db, table_name AS name, view_definition AS definition FROM information_schema.views
      WHERE (table_schema = DATABASE() OR table_schema IN (${list})) AND table_name IN (${list})
        AND table_schema NOT IN ('sys', 'information_schema', 'performance_schema', 'mysql')`,
    [...names, ...names],
  )
  return rows.map(({ db, name, definition }) => ({ key: `${db}.${name}`, definition: String(definition ?? '') }))
}
