import { expect, test } from 'vitest'
import { largeOffset } from '../../src/detectors/large-offset.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'pg-18/pg10 before analyze.json'

test.each([
  [EXECUTED, 'proven', 'OFFSET skips 150,000 rows to return 20'],
  ['pg-15/pg10 before plan.json', 'likely', 'OFFSET skips 150,000 rows to return 20'],
  ['mysql-9.7/my07 before json-default.json', 'likely', 'OFFSET skips 50,000 rows to return 20'],
  ['mysql-8.0/my07 before analyze-tree.txt', 'proven', 'OFFSET skips 50,000 rows to return 20'],
  ['mysql-9.7/my07 before json-v1.json', 'likely', 'OFFSET skips 50,000 rows to return 20'],
  ['mysql-mariadb10.11/my07 before analyze-json.json', 'proven', 'OFFSET skips 50,000 rows to return 20'],
])('%s', (name, confidence, title) => {
  expect(findWith(largeOffset, traceOfFixture(name))).toMatchObject([{ confidence, title, plan: { columns: ['id'] } }])
})

test('the keys of the order are those of the keyset', () => {
  const advice = (order: string): string | undefined =>
    findWith(largeOffset, traceOfFixture(EXECUTED, { sql: `select * from orders ${order} limit 20 offset $1` }))[0]
      ?.advice.summary
  expect(advice('order by id')).toContain('WHERE id > last id ORDER BY id LIMIT n')
  expect(advice('order by created_at desc, id desc')).toContain(
    'WHERE (created_at, id) < (last created_at, last id) ORDER BY created_at DESC, id DESC LIMIT n',
  )
  expect(advice('')).toContain('Order by a unique column')
})

test('SQLite tells by the digits of the parameter', () => {
  const sql = 'select * from orders where customer_id = ? limit 20 offset ?'
  const skipping = (offset: number): Trace =>
    traceOfFixture('sqlite-sqlite3.53.2/sl01 before json', { sql, values: [7, offset], rows: 20 })
  expect(findWith(largeOffset, skipping(10_000))).toMatchObject([
    { title: 'OFFSET skips 10,000 rows and more to return 20' },
  ])
  expect(findWith(largeOffset, skipping(9_999))).toEqual([])
})

test('limit with two numbers has an offset', () => {
  const sql = 'select * from orders order by id limit 50000, 20'
  expect(findWith(largeOffset, traceOfFixture('mysql-9.7/my07 before json-default.json', { sql }))).toHaveLength(1)
})

test('without an OFFSET nothing is skipped', () => {
  const sql = 'select * from orders order by id limit 20'
  expect(findWith(largeOffset, traceOfFixture(EXECUTED, { sql }))).toEqual([])
})

test.each([
  [5_000, 20, 1],
  [4_999, 20, 0],
  [10_000, 1_000, 1],
  [9_999, 1_000, 0],
])('%d skipped to return %d', (skipped, returned, found) => {
  const trace = withNodes(traceOfFixture(EXECUTED), ({ op }) => ({
    actualRows: op === 'limit' ? returned : skipped + returned,
  }))
  expect(findWith(largeOffset, trace)).toHaveLength(found)
})
