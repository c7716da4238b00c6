import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { detectors } from '../../src/detectors/index.ts'
import { explainedTrace } from '../explained-trace.ts'
import { accessPlans, casePlans, type FixturePlan } from './fixture-plans.ts'

const kinds: readonly string[] = detectors.map(({ kind }) => kind)

/** What is found where it was executed, and where it was only planned; kinds with their columns where these matter. */
interface Expected {
  readonly executed: readonly string[]
  readonly planned: readonly string[]
}

function always(...found: string[]): Expected {
  return { executed: found, planned: found }
}

function onlyExecuted(...found: string[]): Expected {
  return { executed: found, planned: [] }
}

/** `a | b`: the first of them that there is a detector for. */
const expected: Readonly<Record<string, Expected>> = {
  'pg01 before': always('missing-index customer_id'),
  'pg02 before': always('missing-index customer_id,created_at'),
  'pg04 before': always('wrong-index-order-limit status,created_at'),
  'pg05 before': onlyExecuted('disk-spill'),
  // the estimate is the problem: no index is advised
  'pg07 before': onlyExecuted('mis-estimate'),
  // with sound statistics, an index is what is left to do
  'pg07 after': always('missing-index zip,city,country'),
  'pg08 before': always('stale-statistics'),
  'pg10 before': always('large-offset id'),
  'pg11 before': always('non-sargable email'),
  'pg13 before': always('leading-wildcard email'),
  'pg15 before': always('subplan-per-row | missing-index customer_id'),
  'pg23 before': always('cartesian-join'),
  'pg25 before': always('dml-full-scan status,created_at'),
  'my01 before': always('missing-index customer_id'),
  'my02 before': always('missing-index status,created_at'),
  'my04 before': always('non-sargable email'),
  'my05 before': always('subplan-per-row | missing-index customer_id'),
  'my07 before': always('large-offset id'),
  'my10 before': always('dml-full-scan note'),
  'sl01 before': always('missing-index customer_id'),
  'sl02 before': always('missing-index status,created_at'),
  'sl04 before': always('subplan-per-row | missing-index customer_id'),
  'sl05 before': always('or-across-columns customer_id,total'),
  arithmetic: always('non-sargable customer_id'),
  cast: always('non-sargable customer_id'),
  conversion: always('non-sargable note'),
  date: always('non-sargable created_at'),
  lower: always('non-sargable note'),
  delete: always('dml-full-scan region'),
  fk: always('fk-without-index customer_id'),
  heap: onlyExecuted('heap-fetches'),
  or: always('or-across-columns customer_id,total'),
  partitions: always('missing-index user_id', 'partition-not-pruned'),
  queue: always('lock-rows-scan region,created_at'),
  top: always('missing-index created_at'),
  wildcard: always('leading-wildcard note'),
}

/** Where an engine, a version or a format tells less, or more. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // less than a millisecond
  'access/partitions-pruned.analyze.pg-15.json': [],
  // its server compiles nothing; a sort goes to disk, which PostgreSQL 15 does within its aggregate
  'pg-18/pg18 before analyze.json': ['disk-spill'],
  // it prints nothing but that it cannot print it
  'mysql-9.7/my10 before json-default.json': [],
}

function kindsOf({ plan, given }: FixturePlan): string[] {
  return analyze(explainedTrace(plan, given))
    .map((finding) => {
      const columns = 'plan' in finding ? finding.plan.columns : undefined
      return `${finding.kind}${columns === undefined ? '' : ` ${columns.join(',')}`}`
    })
    .sort()
}

/** Those of kinds that there are; without columns where none are expected. */
function isAsExpected(found: readonly string[], wanted: readonly string[]): boolean {
  const chosen = wanted
    .map((text) => text.split(' | ').find((one) => kinds.includes(one.split(' ')[0] ?? '')))
    .filter((text) => text !== undefined)
  return (
    found.length === chosen.length &&
    chosen.every((text) => found.some((one) => one === text || (!text.includes(' ') && one.split(' ')[0] === text)))
  )
}

function wantedFor({ name, subject, isExecuted, engine, plan }: FixturePlan): readonly string[] {
  const exception = exceptions[name]
  if (exception !== undefined) return exception
  const special = specialFor(subject, engine, isExecuted, plan.jit !== undefined)
  if (special !== undefined) return special
  return expected[subject]?.[isExecuted ? 'executed' : 'planned'] ?? []
}

function specialFor(
  subject: string,
  engine: FixturePlan['engine'],
  isExecuted: boolean,
  hasJit: boolean,
): readonly string[] | undefined {
  const isGuessing = engine !== 'postgres' && !isExecuted
  if (subject === 'pg18 before') return isExecuted && hasJit ? ['jit-overhead'] : []
  // a longer index, or another order of it, pays by rows that MySQL, MariaDB and SQLite only guess
  if (subject === 'index-extend') return isGuessing ? [] : ['index-extend status,region']
  if (subject === 'walk') return isGuessing ? [] : ['wrong-index-order-limit status,created_at']
  if (subject === 'range-first') {
    return isExecuted || engine === 'sqlite' ? [] : ['index-column-order customer_id,created_at']
  }
  // the parameter is known when the others plan, and what it makes superfluous left out
  if (subject === 'optional-filter') return engine === 'sqlite' ? [] : ['missing-index region']
  if (subject === 'partitions-pruned') return ['missing-index user_id,at']
  return undefined
}

const all = [...casePlans(), ...accessPlans()]

describe('plans that were captured', () => {
  test('are all there', () => {
    expect(casePlans().length).toBe(209)
    expect(accessPlans().length).toBeGreaterThan(150)
  })

  test.each(all.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const found = kindsOf(one)
    const wanted = wantedFor(one)
    expect({ found, isAsExpected: isAsExpected(found, wanted), wanted }).toMatchObject({ isAsExpected: true })
  })
})
