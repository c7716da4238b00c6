import { describe, expect, test } from 'vitest'
import { planFingerprint } from '../../src/explain/plan-fingerprint.ts'
import { readPlan } from '../../src/explain/read-plan.ts'
import { redactPlan } from '../../src/explain/redact-plan.ts'
import { fixture, fixtureNames, lab } from './fixtures.ts'

const names = fixtureNames()
const fingerprint = (name: string) => readPlan(fixture(name)).fingerprint
const node = (fields: object) => readPlan({ Plan: { 'Node Type': 'Index Scan', 'Relation Name': 'orders', ...fields } })

describe('is the same', () => {
  test('planned and executed', () => {
    const pairs = names
      .filter((name) => /\.(?:plan|json-default)\.json$/.test(name) && !name.startsWith('mysql-8.0'))
      .map((name) => [name, name.replace('.plan.', '.analyze.').replace('json-default', 'analyze-json')] as const)
      .filter(([, executed]) => names.includes(executed))
    expect(pairs.length).toBeGreaterThan(50)
    for (const [planned, executed] of pairs) expect.soft(fingerprint(planned), planned).toBe(fingerprint(executed))
  })

  test('planned and executed, of all kinds of statements', () => {
    const executed = { plan: 'analyze', json: 'analyze', tree: 'analyzeTree', v2: 'analyzeJson' }
    for (const statement of [...lab('postgres-18'), ...lab('mysql-9'), ...lab('mariadb-10.11')])
      for (const [how, other] of Object.entries(executed))
        if (statement[how] !== undefined && statement[other] !== undefined)
          expect.soft(readPlan(statement[how]).fingerprint, statement.sql).toBe(readPlan(statement[other]).fingerprint)
  })

  test('on PostgreSQL 15 and 18, where the plan is', () => {
    // 18 sorts within the aggregate of a distinct count
    const same = names.filter((name) => name.startsWith('pg-15') && !name.includes('pg18-jit'))
    for (const name of same) expect.soft(fingerprint(name), name).toBe(fingerprint(name.replace('pg-15', 'pg-18')))
  })

  test('whatever the literals, qualifiers and names of indexes are, and with values replaced', () => {
    const one = node({ 'Index Name': '<13543>btree_orders_customer_id', 'Index Cond': '(orders.customer_id = 77)' })
    const two = node({ 'Index Name': 'orders_customer', 'Index Cond': "(customer_id = '8'::integer)", Alias: 'o' })
    expect(one.fingerprint).toBe(two.fingerprint)
    for (const name of names) {
      const plan = redactPlan(readPlan(fixture(name)))
      expect.soft(planFingerprint(plan.root, plan.engine), name).toBe(plan.fingerprint)
    }
  })

  test('with workers or without', () => {
    const parallel = readPlan(fixture('pg-15/pg01-missing-eq-index.before.plan.json'))
    expect(parallel.root.op).toBe('gather')
    const serial = readPlan({ Plan: { 'Node Type': 'Seq Scan', 'Relation Name': 'orders' } })
    expect(parallel.fingerprint).toBe(serial.fingerprint)
  })

  test('with more partitions', () => {
    const append = (count: number) => ({
      'Node Type': 'Append',
      Plans: Array.from({ length: count }, (_, index) => ({
        'Node Type': 'Seq Scan',
        'Parent Relationship': 'Member',
        'Relation Name': `orders_2024_${index}`,
        Alias: `orders_${index + 1}`,
      })),
    })
    expect(readPlan({ Plan: append(3) }).fingerprint).toBe(readPlan({ Plan: append(9) }).fingerprint)
  })
})

describe('is another one', () => {
  test('after the cure', () => {
    const cured = names.filter((name) => name.includes('.after.') && !name.includes('my10') && !name.includes('my07'))
    expect(cured.length).toBeGreaterThan(50)
    for (const name of cured)
      expect.soft(fingerprint(name), name).not.toBe(fingerprint(name.replace('.after.', '.before.')))
  })

  test.each([
    ['another table', { 'Relation Name': 'customers' }],
    ['another column', { 'Index Name': 'a', 'Index Cond': '(status = 1)' }],
    ['another operation', { 'Node Type': 'Seq Scan' }],
    ['a sort', { 'Node Type': 'Sort', 'Sort Key': ['a'] }],
  ])('for %s', (_, fields) => {
    expect(node(fields).fingerprint).not.toBe(node({ 'Index Name': 'a', 'Index Cond': '(id = 1)' }).fingerprint)
  })

  test('where the catalog has other columns for the index', () => {
    const { root } = node({ 'Index Name': 'a', 'Index Cond': '(id = 1)' })
    const table = (columns: string[]) => ({
      name: 'orders',
      columns: [],
      indexes: [{ name: 'a', columns, isUnique: false, method: 'btree' }],
      statistics: { isMissing: false },
    })
    const of = (columns: string[]) => planFingerprint(root, 'postgres', [table(columns)])
    expect(of(['id'])).toBe(of(['id']))
    expect(of(['id'])).not.toBe(of(['id', 'status']))
  })
})
