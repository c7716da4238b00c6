import { describe, expect, test } from 'vitest'
import { readPlan } from '../../src/explain/read-plan.ts'
import { redactPlan } from '../../src/explain/redact-plan.ts'
import { displayWidth } from '../../src/reporters/layout.ts'
import { type PlanTreeOptions, renderPlanTree } from '../../src/reporters/plan-tree.ts'
import { fixture, fixtureNames, labPlans } from '../explain/fixtures.ts'
import { expectGolden } from './golden.ts'

function draw(text: string, options: PlanTreeOptions = {}, color = false, width = 100): string {
  return renderPlanTree(redactPlan(readPlan(text)), options, { color, width }).join('\n')
}

const labText = (server: Parameters<typeof labPlans>[0], how: string, sql: string) =>
  labPlans(server).find((plan) => plan.how === how && plan.sql.includes(sql))?.text as string

describe('a tree', () => {
  test.each([
    ['postgres-analyze', fixture('pg-15/pg15-correlated-subquery.before.analyze.json'), 2],
    ['postgres-parallel', fixture('pg-15/pg01-missing-eq-index.before.analyze.json'), 1],
    ['postgres-plan', fixture('pg-18/pg25-update-seqscan.before.plan.json'), 1],
    ['postgres-cte', labText('postgres-18', 'analyze', 'q a join q b'), undefined],
    ['mysql-tree', labText('mysql-9', 'analyzeTree', 'order by c.email'), 3],
    ['mysql-v1', fixture('mysql-8.0/my05-dependent-subquery.before.json-default.json'), 1],
    ['mariadb', labText('mariadb-10.11', 'analyze', 'group by c.country'), 3],
    ['sqlite', fixture('sqlite-sqlite3.53.2/sl04-correlated.before.json'), 2],
  ])('%s', (name, text, node) => {
    expectGolden(`plan-tree-${name}.txt`, draw(text, node === undefined ? {} : { node }))
  })

  test('in colour, and narrow', () => {
    const text = fixture('pg-15/pg01-missing-eq-index.before.analyze.json')
    expectGolden('plan-tree-color.txt', draw(text, { node: 1 }, true))
    expectGolden('plan-tree-narrow.txt', draw(text, { node: 1 }, false, 40))
  })

  test('marks the guilty node alone, and says its details alone where asked to', () => {
    const text = fixture('pg-15/pg15-correlated-subquery.before.analyze.json')
    const lines = draw(text, { node: 2, details: 'guilty' }).split('\n')
    expect(lines.filter((line) => line.startsWith('→'))).toEqual([expect.stringContaining('Seq Scan on orders o')])
    expect(lines).toHaveLength(4)
    expect(lines[3]).toContain('Filter:')
    expect(draw(text)).not.toContain('→ └')
  })

  test('no line is wider than the terminal', () => {
    const texts = [...fixtureNames().map(fixture), ...labPlans('postgres-18').map(({ text }) => text)]
    const plans = texts.map((text) => readPlan(text))
    for (const width of [20, 33, 63, 64, 80, 1000]) {
      const lines = plans.flatMap((plan) => renderPlanTree(plan, { node: 1 }, { color: false, width }))
      expect(lines.filter((line) => displayWidth(line) > width)).toEqual([])
    }
  })

  test('of 40 levels still says what each does', () => {
    let plan: Record<string, unknown> = {
      'Node Type': 'Seq Scan',
      'Relation Name': 'deepest',
      'Plan Rows': 5,
      Filter: '(a = 1)',
    }
    for (let level = 0; level < 40; level++)
      plan = {
        'Node Type': 'Nested Loop',
        Plans: [
          { 'Node Type': 'Seq Scan', 'Relation Name': `t${level}`, 'Parent Relationship': 'Outer' },
          { ...plan, 'Parent Relationship': 'Inner' },
        ],
      }
    const lines = draw(JSON.stringify({ Plan: plan }), { node: 80 }, false, 80).split('\n')
    expect(lines).toHaveLength(82)
    expect(lines[80]).toMatch(/^→ 40 .*Seq Scan on deepest/)
    for (const line of lines.slice(0, 81)) expect(line).toMatch(/Nested Loop|Seq Scan on (?:t\d+|deepest)/)
  })

  test('holds no control characters, whatever names hold', () => {
    const plan = { 'Node Type': 'Seq Scan', 'Relation Name': 'a\u001b[31mb\nc', Filter: '(x = y\u0007)' }
    expect(draw(JSON.stringify({ Plan: plan }))).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
