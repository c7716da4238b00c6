import { describe, expect, test } from 'vitest'
import { parameterSensitivePlan } from '../../src/detectors/parameter-sensitive-plan.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { catalogOf, sqlOf } from '../explained-fixture.ts'
import { type Explained, explainedTrace } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

const read = (name: string) => fixturePlan(`own/${name}`)
const archived = read('parameter-sensitive-1.plan.pg-18.json')
const rare = read('parameter-sensitive-2.plan.pg-18.json')
const generic = read('parameter-sensitive-generic.plan.pg-18.json')

function find(plans: readonly Plan[], more: Partial<Explained> = {}) {
  const path = 'own/parameter-sensitive-1.plan.pg-18.json'
  const trace = explainedTrace(plans, { sql: sqlOf(path), tables: catalogOf(path), executions: 3, ...more })
  return parameterSensitivePlan.detect(trace, parameterSensitivePlan.defaults) as readonly PlanFinding[]
}

test('two classes of values with two plans', () => {
  const [finding] = find([archived, rare])
  expect(finding?.title).toBe(
    'jobs is read by Seq Scan (cost 5,577) or by Index Scan on jobs_state_idx (cost 9), by the value of state',
  )
  expect(finding).toMatchObject({ confidence: 'likely', plan: { table: 'jobs', columns: ['state'] } })
  expect(finding?.advice.ddl).toEqual(['SET LOCAL plan_cache_mode = force_custom_plan'])
})

test('the plan for unknown values is another one', () => {
  const [finding] = find([archived], { generic })
  expect(finding?.explanation).toContain('for unknown values, it is Index Scan')
  expect(finding?.explanation).toContain('1 of 1 classes of values then get another plan')
})

test('or is the dear one', () => {
  const dear = { ...archived, planKind: 'generic' as const }
  expect(find([rare], { generic: dear })[0]?.explanation).toContain('The plan for unknown values is Seq Scan')
})

test.each(['sqlite-3.53.json', 'mariadb-10.11.json'])('elsewhere it is a hint: %s', (server) => {
  const plans = [read(`parameter-sensitive-1.plan.${server}`), read(`parameter-sensitive-2.plan.${server}`)]
  for (const finding of find(plans)) expect(finding).toMatchObject({ severity: 'info' })
  expect(find(plans)).toHaveLength(server.startsWith('sqlite') ? 1 : 0)
})

describe('silent where', () => {
  const costing = (plan: Plan, totalCost: number): Plan => ({ ...plan, root: { ...plan.root, totalCost } })
  test.each([
    ['there is one plan', [archived], 0],
    ['shapes are equal', [archived, costing(archived, 10)], 0],
    ['one costs three times the other', [costing(archived, 300), costing(rare, 100)], 1],
    ['one costs less than that', [costing(archived, 299), costing(rare, 100)], 0],
    ['the dearest costs 100', [costing(archived, 100), costing(rare, 1)], 1],
    ['none costs 100', [costing(archived, 99), costing(rare, 1)], 0],
  ] as const)('%s', (_name, plans, found) => {
    expect(find(plans)).toHaveLength(found)
  })

  test('values of every class are looked up alike', () => {
    const stable = ['1', '2', 'generic'].map((name) => read(`parameter-stable-${name}.plan.pg-18.json`)) as [
      Plan,
      Plan,
      Plan,
    ]
    expect(
      find([stable[0], stable[1]], { generic: stable[2], sql: 'select * from orders where customer_id = $1' }),
    ).toEqual([])
  })
})
