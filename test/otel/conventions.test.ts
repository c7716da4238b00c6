import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { metricOf, registry, usesOf } from './conventions.ts'
import type { Attribute, Attributes, ReceivedSpan } from './receiver.ts'
import { type AppRun, isInstalled, runApp, sdk2 } from './run-app.ts'

/** What a value of each type of the registry is. */
const TYPES: Readonly<Record<string, (value: Attribute) => boolean>> = {
  string: (value) => typeof value === 'string' && value !== '',
  int: (value) => typeof value === 'number' && Number.isInteger(value),
}

/** Of the attributes that the conventions leave to the user, the one that we set: the number N of an N+1 is in it. */
const OPTED_IN = ['db.response.returned_rows']

/** Where a statement was sent; the conventions for code are not those of a kind of span. */
const CODE = ['code.file.path', 'code.line.number', 'code.column.number', 'code.function.name']

describe('the model that we hold them against', () => {
  test('is read as it is meant', () => {
    expect(registry.get('db.query.text')).toEqual({
      id: 'db.query.text',
      type: 'string',
      stability: 'stable',
      members: undefined,
    })
    expect(registry.get('db.system.name')?.members).toContain('microsoft.sql_server')
    const uses = usesOf('span.db.postgresql.client')
    expect(uses.get('db.query.summary')).toEqual({ level: 'recommended', isForSampling: true })
    expect(uses.get('db.response.returned_rows')?.level).toBe('opt_in')
    expect(uses.get('error.type')?.level).toBe('conditionally_required')
  })
})

interface Subject {
  readonly driver: 'pg' | 'mysql2'
  readonly system: string
  readonly group: string
  /** Statements that fail, of six requests. */
  readonly failures: number
  readonly createUrl: () => Promise<string>
}

function describeSystem({ driver, system, group, failures, createUrl }: Subject): void {
  let run: AppRun
  let spans: ReceivedSpan[]
  const uses = usesOf(group)

  beforeAll(async () => {
    const url = await createUrl()
    run = await runApp({ sdk: sdk2, node: process.execPath, driver, url, instrumentations: ['nonplus'] })
    spans = run.received.spans.filter(({ scope }) => scope === 'nonplus')
    expect(spans.length).toBeGreaterThan(90)
  })

  test('every attribute is defined, of its type and among its values', () => {
    const wrong = spans.flatMap(({ attributes }) =>
      Object.entries(attributes)
        .filter(([name, value]) => !isAsDefined(name, value))
        .map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    )
    expect([...new Set(wrong)]).toEqual([])
  })

  test('every attribute belongs on a span of this system, and is stable but for the one we opt in', () => {
    const names = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)))
    for (const name of names) {
      // groups of one system leave the system out, and fix it in a note
      if (CODE.includes(name) || name === 'db.system.name') continue
      expect(uses.has(name), name).toBe(true)
      expect(uses.get(name)?.level === 'opt_in', name).toBe(OPTED_IN.includes(name))
      expect(registry.get(name)?.stability, name).toBe(OPTED_IN.includes(name) ? 'development' : 'stable')
    }
    expect([...names].sort()).toEqual(
      [
        ...CODE,
        ...OPTED_IN,
        'db.collection.name',
        'db.namespace',
        'db.operation.name',
        'db.query.summary',
        'db.query.text',
        'db.response.status_code',
        'db.system.name',
        'error.type',
        'server.address',
        'server.port',
      ].sort(),
    )
  })

  test('what is required is there, and what depends on a failure only with it', () => {
    for (const { attributes, status } of spans) {
      expect(attributes['db.system.name']).toBe(system)
      for (const name of ['db.namespace', 'server.address', 'server.port', 'db.query.text']) {
        expect(attributes[name], name).toBeDefined()
      }
      const hasFailed = status.code === 2
      expect('error.type' in attributes).toBe(hasFailed)
      expect('db.response.status_code' in attributes).toBe(hasFailed)
      if (hasFailed) expect(attributes['error.type']).toBe(attributes['db.response.status_code'])
    }
    expect(spans.filter(({ status }) => status.code === 2)).toHaveLength(failures)
  })

  test('kind and name', () => {
    for (const { kind, name, attributes } of spans) {
      expect(kind).toBe(3)
      expect(name).toBe(attributes['db.query.summary'] ?? system)
    }
  })

  test('samplers see what they may decide by', () => {
    const known = [...usesOf('span.db.client')].filter(([, use]) => use.isForSampling).map(([name]) => name)
    expect(known).toContain('db.query.text')
    const told = spans.map(({ attributes }) => pick(attributes, known))
    expect(run.asked).toHaveLength(spans.length)
    const asked = new Set(run.asked.map(({ attributes }) => keyOf(attributes)))
    expect(told.map(keyOf).filter((key) => !asked.has(key))).toEqual([])
  })

  test('metrics have the unit, the attributes and the buckets of the conventions', () => {
    const points = run.received.points.filter(({ scope, metric }) => scope === 'nonplus' && metric.startsWith('db.'))
    expect([...new Set(points.map(({ metric }) => metric))].sort()).toEqual([
      'db.client.connection.count',
      'db.client.connection.max',
      'db.client.connection.pending_requests',
      'db.client.connection.wait_time',
      'db.client.operation.duration',
    ])
    for (const { metric, unit, attributes } of points) {
      expect(unit, metric).toBe(metricOf(metric)?.unit)
      const metricUses = usesOf(`metric.${metric}`)
      for (const [name, value] of Object.entries(attributes)) {
        expect(metricUses.has(name), `${name} of ${metric}`).toBe(true)
        expect(metricUses.get(name)?.level).not.toBe('opt_in')
        expect(isAsDefined(name, value), `${name} of ${metric}`).toBe(true)
      }
      const required = [...metricUses].filter(([, { level }]) => level === 'required').map(([name]) => name)
      expect(Object.keys(attributes)).toEqual(expect.arrayContaining(required))
    }
    const durations = points.filter(({ metric }) => metric === 'db.client.operation.duration')
    expect(durations[0]?.bounds).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10])
    expect(durations.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(spans.length)
  })

  test('no value is told', () => {
    expect(JSON.stringify(run.received.spans)).not.toContain('secret')
    expect(JSON.stringify(run.received.logs)).not.toContain('secret')
  })
}

function isAsDefined(name: string, value: Attribute): boolean {
  const attribute = registry.get(name)
  if (attribute === undefined) return false
  const isTyped = TYPES[attribute.type]?.(value) === true
  return isTyped && (name !== 'db.system.name' || attribute.members?.includes(String(value)) === true)
}

function pick(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)))
}

function keyOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort())
}

const isReady = isInstalled(sdk2)
describe.skipIf(!isReady)(`spans${isReady ? '' : ' (SKIPPED: npm ci --prefix test/otel)'}`, () => {
  describe('of PostgreSQL', () => {
    describeSystem({
      driver: 'pg',
      system: 'postgresql',
      group: 'span.db.postgresql.client',
      failures: 6,
      createUrl: () => createDatabase('otel'),
    })
  })

  const hasMysql = process.env.NONPLUS_TEST_MYSQL_URL !== undefined
  describe.skipIf(!hasMysql)(`of MySQL${hasMysql ? '' : ` (SKIPPED: ${HOW_TO_GET_MYSQL})`}`, () => {
    describeSystem({
      driver: 'mysql2',
      system: 'mysql',
      group: 'span.db.mysql.client',
      failures: 12,
      createUrl: () => createMysqlDatabase('otel'),
    })
  })
})
