import { expect, test } from 'vitest'
import { staleStatistics } from '../../src/detectors/stale-statistics.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { CatalogTable, Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return staleStatistics.detect(fixtureTrace(path, more), staleStatistics.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return staleStatistics.detect({ ...trace, plans }, staleStatistics.defaults) as readonly PlanFinding[]
}

const executed = 'pg-18/pg08-stale-stats.before.analyze.json'
const planned = 'pg-15/pg08-stale-stats.before.plan.json'

/** The tables of a fixture, with other statistics of events. */
function tablesWith(statistics: CatalogTable['statistics'], rows: number | undefined = 1_000): CatalogTable[] {
  const tables = fixtureTrace(executed).plans?.[0]?.tables ?? []
  const { rows: _, ...events } = tables.find(({ name }) => name === 'events') as CatalogTable
  return [{ ...events, ...(rows === undefined ? {} : { rows }), statistics }]
}

test('an execution is the proof', () => {
  const [finding] = find(executed)
  expect(finding).toMatchObject({ confidence: 'proven', plan: { evidence: 'actual', table: 'events' } })
  expect(finding?.title).toBe('Statistics of events are stale: 199,000 rows changed since')
  expect(finding?.explanation).toContain('since 2026-01-01')
  expect(finding?.advice.ddl?.[0]).toMatch(/^ANALYZE (\w+\.)?events$/)
})

test('a plan and the catalog are a suspicion', () => {
  expect(find(planned)).toMatchObject([{ confidence: 'likely', severity: 'warning', plan: { evidence: 'catalog' } }])
})

test('without the catalog nothing is said', () => {
  expect(find(executed, { tables: [] })).toEqual([])
})

test.each([
  ['a thousand changes', { isMissing: false, modifiedRows: 1_000 }, 1_000, 1],
  ['fewer', { isMissing: false, modifiedRows: 999 }, 1_000, 0],
  ['a fifth of the table', { isMissing: false, modifiedRows: 20_000 }, 100_000, 1],
  ['less than a fifth', { isMissing: false, modifiedRows: 19_999 }, 100_000, 0],
  ['no changes', { isMissing: false }, 100_000, 0],
])('%s', (_name, statistics, rows, found) => {
  expect(find(planned, { tables: tablesWith(statistics, rows) })).toHaveLength(found)
})

test('old statistics that did no harm are silent', () => {
  const good = editedNode(fixturePlan(executed), { relation: 'events' }, { planRows: 9_951 })
  expect(findIn(executed, good)).toEqual([])
  expect(findIn(executed, editedNode(good, { relation: 'events' }, { planRows: 9_950 }))).toHaveLength(1)
})

test('a table that was never analysed', () => {
  const tables = tablesWith({ isMissing: true }, undefined)
  expect(find(executed, { tables })).toMatchObject([{ title: 'events has no statistics', confidence: 'proven' }])
})

test('SQLite is hinted at where it had a choice', () => {
  const path = 'own/stale-statistics.plan.sqlite-3.53.json'
  const [orders] = fixtureTrace(path).plans?.[0]?.tables.filter(({ name }) => name === 'orders') ?? []
  const index = { isUnique: false, method: 'btree' }
  const by = (columns: string[]) => ({ ...index, name: columns.join('_'), columns })
  const missing = { ...(orders as CatalogTable), statistics: { isMissing: true } }
  expect(find(path, { tables: [{ ...missing, indexes: [by(['customer_id'])] }] })).toEqual([])
  const two = { ...missing, indexes: [by(['customer_id']), by(['status'])] }
  expect(find(path, { tables: [two] })).toMatchObject([{ severity: 'info', advice: { ddl: ['ANALYZE orders'] } }])
})
