import type { CatalogTable } from '../src/model/plan.ts'
import type { Trace } from '../src/model/trace.ts'
import { catalogTable } from './catalog-table.ts'
import { explainedSql } from './explained-sql.ts'
import { type Explained, explainedTrace } from './explained-trace.ts'
import { fixturePlan } from './fixture-plan.ts'

const orders = 'id customer_id status:text total:numeric created_at:timestamp note:text'

/** Tables of the cases, as they are set up, or about so. */
const catalog: readonly CatalogTable[] = [
  catalogTable('orders', 20_000, orders, {
    foreignKeys: [{ columns: ['customer_id'], table: 'customers', references: ['id'] }],
  }),
  catalogTable('customers', 5_000, 'id email:text country:text tier:text'),
  catalogTable('addr', 200_000, 'id country city zip person note:text'),
  catalogTable('person', 20_000, 'id name:text email:text phone:text'),
  catalogTable('lead', 200, 'id email:text phone:text'),
  catalogTable('visit', 100_000, 'id person_id', { indexes: ['person_id'] }),
  catalogTable('jobs', 200_000, 'id state:text pad:text', { indexes: ['state'] }),
  catalogTable('blocked', 3_000, 'customer_id reason:text'),
  catalogTable('band', 2_000, 'id low high'),
  catalogTable('event', 3_000, 'id value'),
  catalogTable('item', 100_000, 'id tags:text kind'),
  catalogTable('part', 200_000, 'id item_id n', { indexes: ['item_id'] }),
  catalogTable('reading', 300_000, 'id sensor at:timestamp value:real pad:text', { indexes: ['sensor'] }),
  catalogTable('document', 3_000, 'id title:text body:jsonb'),
  catalogTable('cfg', 300, 'k:text v:text'),
  catalogTable('setting', 1, 'id vat:numeric'),
  catalogTable('country', 5, 'code:text name:text'),
]

const events = 'id kind:text at:timestamp'
const grown = { isMissing: false, modifiedRows: 199_000, analyzedAt: '2026-01-01T00:00:00.000Z' }

/** The catalog of a fixture: of one table more, which has not been analysed since it grew, until it is repaired. */
export function catalogOf(path: string): CatalogTable[] {
  const isStale = path.includes('pg08') && path.includes('.before.')
  const table = catalogTable('events', isStale ? 1_000 : 200_000, events, isStale ? { statistics: grown } : {})
  const isSmall = /not-in|subplan-small/.test(path)
  const known = catalog.map((each) => (isSmall && each.name === 'orders' ? { ...each, rows: 5_000 } : each))
  return [...known, table]
}

/** The statement that a fixture is of. */
export function sqlOf(path: string): string {
  const [, id = ''] = /([^/]+?)(?:-\d|-generic)?\.(?:before|after|plan|analyze)\./.exec(path) ?? []
  const engine = /mysql|mariadb/.test(path) ? 'mysql' : path.includes('sqlite') ? 'sqlite' : 'postgres'
  const sql = explainedSql[`${engine}:${id}`] ?? explainedSql[id]
  if (sql === undefined) throw new Error(`no statement for ${path}`)
  return sql
}

/** A scope that sent the statement of a fixture a few times. */
export function fixtureTrace(path: string, more: Partial<Explained> = {}): Trace {
  const plan = fixturePlan(path)
  return explainedTrace(plan, { sql: sqlOf(path), tables: catalogOf(path), executions: 6, rows: 50, ...more })
}
