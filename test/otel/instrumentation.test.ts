import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { nodeVersions } from '../node-versions.ts'
import type { ReceivedLog, ReceivedPoint, ReceivedSpan } from './receiver.ts'
import { type AppRun, isInstalled, runApp, type Sdk, sdk2, sdk3 } from './run-app.ts'

const REQUESTS = [1, 2, 3, 4, 5, 6]

/** Statements of each request with a number in them, by what they are called in the application. */
const LABELS: Readonly<Record<'pg' | 'mysql2', Readonly<Record<string, number>>>> = {
  pg: {
    list: 1,
    loop: 4,
    together: 4,
    callback: 1,
    nested: 1,
    checkout: 1,
    prepared: 1,
    failing: 1,
    cursor: 1,
    stream: 1,
  },
  mysql2: {
    list: 1,
    loop: 4,
    together: 4,
    callback: 1,
    nested: 1,
    checkout: 1,
    refused: 1,
    prepared: 1,
    failing: 1,
    stream: 1,
  },
}

/** In which callbacks the application makes a span. */
const CALLBACKS = ['checkout', 'connection', 'nested', 'query']

/** `3 loop` → how often. */
function countLabels(spans: readonly ReceivedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const span of spans) {
    const [, number, label] = labelOf(span) ?? []
    if (label !== undefined) counts[`${number} ${label}`] = (counts[`${number} ${label}`] ?? 0) + 1
  }
  return counts
}

function labelOf({ attributes }: ReceivedSpan): RegExpExecArray | null {
  return /\br(\d)_(\w+)/.exec(String(attributes['db.query.text'] ?? ''))
}

function expectedLabels(driver: 'pg' | 'mysql2'): Record<string, number> {
  return Object.fromEntries(
    REQUESTS.flatMap((number) => Object.entries(LABELS[driver]).map(([label, count]) => [`${number} ${label}`, count])),
  )
}

function serverSpans(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const servers = spans.filter(({ kind }) => kind === 2)
  return servers.sort((one, other) => numberOf(one) - numberOf(other))
}

function numberOf({ attributes }: ReceivedSpan): number {
  return Number(String(attributes['url.path']).slice('/requests/'.length))
}

/** Spans of statements under another request than the one whose number they have. */
function misplaced(spans: readonly ReceivedSpan[]): string[] {
  const servers = new Map(serverSpans(spans).map((span) => [span.spanId, span]))
  return spans.flatMap((span) => {
    const [, number, label] = labelOf(span) ?? []
    if (label === undefined) return []
    const parent = servers.get(span.parentSpanId ?? '')
    return parent !== undefined && numberOf(parent) === Number(number) ? [] : [`${number} ${label} ${parent?.name}`]
  })
}

/** Findings are on the span of each request, and arrive as events of it. */
function expectFindings({ received }: AppRun, driver: 'pg' | 'mysql2'): void {
  const servers = serverSpans(received.spans)
  expect(servers.map(numberOf)).toEqual(REQUESTS)
  for (const server of servers) {
    expect(server.attributes).toMatchObject({
      'nonplus.findings': 1,
      'nonplus.proven_findings': 1,
      'nonplus.n_plus_one': true,
      'nonplus.finding_kinds': ['n-plus-one'],
      'nonplus.db.query.count': Object.values(LABELS[driver]).reduce((sum, count) => sum + count, 0),
    })
    expect(server.attributes['nonplus.db.query.duration_ms']).toBeGreaterThan(0)
    const [event, ...others] = received.logs.filter(({ spanId }) => spanId === server.spanId)
    expect(others).toEqual([])
    expectEvent(event, server)
  }
  expect(received.logs).toHaveLength(REQUESTS.length)
}

function expectEvent(event: ReceivedLog | undefined, server: ReceivedSpan): void {
  expect(event).toMatchObject({
    eventName: 'nonplus.finding',
    severityNumber: 17,
    body: '4 × SELECT books with 4 different keys',
    traceId: server.traceId,
    attributes: {
      'nonplus.finding.kind': 'n-plus-one',
      'nonplus.finding.confidence': 'proven',
      'nonplus.finding.count': 4,
      'nonplus.finding.parent.column': 'author_id',
      'nonplus.finding.parent.rows': 4,
      'nonplus.scope.name': 'GET /requests/:id',
      'db.query.summary': 'SELECT books',
      'code.function.name': 'handle',
    },
  })
  expect(event?.attributes['code.file.path']).toMatch(/^\/.*test\/otel\/(pg|mysql2)\.cjs$/)
}

const SCOPE_ATTRIBUTES = { 'nonplus.scope.name': 'GET /requests/:id', 'nonplus.scope.kind': 'request' }

function expectQueries(points: readonly ReceivedPoint[], driver: 'pg' | 'mysql2'): void {
  const perRequest = Object.values(LABELS[driver]).reduce((sum, count) => sum + count, 0)
  expect(points.filter(({ metric }) => metric === 'nonplus.request.queries')).toMatchObject([
    { attributes: SCOPE_ATTRIBUTES, count: REQUESTS.length, sum: REQUESTS.length * perRequest },
  ])
}

function expectMetrics(points: readonly ReceivedPoint[], driver: 'pg' | 'mysql2'): void {
  expectQueries(points, driver)
  expect(points.filter(({ metric }) => metric === 'nonplus.findings')).toMatchObject([
    {
      attributes: { ...SCOPE_ATTRIBUTES, 'nonplus.finding.kind': 'n-plus-one', 'nonplus.finding.confidence': 'proven' },
      value: REQUESTS.length,
    },
  ])
}

interface Subject {
  readonly sdk: Sdk
  readonly node: string
  readonly driver: 'pg' | 'mysql2'
  readonly createUrl: () => Promise<string>
}

function describeInstrumentation({ sdk, node, driver, createUrl }: Subject): void {
  describe('alone', () => {
    let run: AppRun
    let spans: ReceivedSpan[]

    beforeAll(async () => {
      const url = await createUrl()
      run = await runApp({ sdk, node, driver, url, instrumentations: ['nonplus'] })
      spans = run.received.spans
      expect(run.stderr).toBe('')
    })

    test('makes one span of each statement, in every form of call', () => {
      expect(countLabels(spans)).toEqual(expectedLabels(driver))
    })

    test('puts each under the span of its own request, with a pool of two and six requests at once', () => {
      expect(misplaced(spans)).toEqual([])
    })

    test('leaves callbacks in the context they were given in, for the spans of the application', () => {
      const own = spans.filter(({ scope }) => scope === 'app')
      const names = own.map(({ name }) => name.slice('r1_'.length))
      const expected = driver === 'pg' ? CALLBACKS : [...CALLBACKS, 'refused']
      expect([...new Set(names)].sort()).toEqual(expected)
      expect(own).toHaveLength(REQUESTS.length * expected.length)
      const servers = new Map(serverSpans(spans).map((span) => [span.spanId, span]))
      const wrong = own.filter(({ name, parentSpanId = '' }) => {
        const parent = servers.get(parentSpanId)
        return parent === undefined || name[1] !== String(numberOf(parent))
      })
      expect(wrong.map(({ name }) => name)).toEqual([])
    })

    test('makes spans of transaction control, and of what runs in no request', () => {
      const names = spans.filter(({ scope }) => scope === 'nonplus').map(({ name }) => name)
      const begin = driver === 'pg' ? 'BEGIN' : 'START'
      expect(names.filter((name) => name === begin)).toHaveLength(REQUESTS.length)
      expect(names.filter((name) => name === 'ROLLBACK')).toHaveLength(REQUESTS.length)
      const [create] = spans.filter(({ name }) => name === 'CREATE TABLE books')
      expect(create).toMatchObject({ parentSpanId: undefined })
    })

    test('ends each within its request, and tells rows, line and failure', () => {
      const servers = new Map(serverSpans(spans).map((span) => [span.spanId, span]))
      for (const span of spans) {
        const parent = servers.get(span.parentSpanId ?? '')
        if (parent === undefined) continue
        expect(span.endMs).toBeGreaterThanOrEqual(span.startMs)
        // clocks of the two are synchronised to a millisecond
        expect(span.startMs).toBeGreaterThan(parent.startMs - 2)
        expect(span.endMs).toBeLessThan(parent.endMs + 2)
      }
      const rows = Object.fromEntries(
        spans.map((span) => [labelOf(span)?.[2], span.attributes['db.response.returned_rows']]),
      )
      expect(rows).toMatchObject({ list: 4, loop: 1, prepared: 1, stream: 7 })
      if (driver === 'pg') expect(rows.cursor).toBe(2)
      const failing = spans.filter((span) => labelOf(span)?.[2] === 'failing')
      for (const { status, attributes } of failing) {
        const code = driver === 'pg' ? '42P01' : '1146'
        expect(status).toMatchObject({ code: 2, message: code })
        expect(attributes['error.type']).toBe(code)
      }
    })

    test('counts queries and findings of each route', () => {
      expectMetrics(run.received.points, driver)
    })

    test('tells the findings of each request, with the spans they stand for', () => {
      expectFindings(run, driver)
      for (const { spanId, attributes } of run.received.logs) {
        const ids = attributes['nonplus.finding.span_ids'] as string[]
        expect(ids).toHaveLength(4)
        const named = spans.filter((span) => ids.includes(span.spanId))
        expect(named.map((span) => labelOf(span)?.[2])).toEqual(['loop', 'loop', 'loop', 'loop'])
        expect(new Set(named.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([spanId]))
      }
    })
  })

  describe('unsampled', () => {
    test('only counts and times', async () => {
      const env = { OTEL_TRACES_SAMPLER: 'always_off' }
      const url = await createUrl()
      const { received, stderr } = await runApp({ sdk, node, driver, url, instrumentations: ['nonplus'], env })
      expect(stderr).toBe('')
      expect(received.spans).toEqual([])
      expect(received.logs).toEqual([])
      expectQueries(received.points, driver)
      expect(received.points.filter(({ metric }) => metric === 'nonplus.findings')).toEqual([])
    })

    test('makes no span, and tells findings and metrics all the same, where that is asked for', async () => {
      const env = { OTEL_TRACES_SAMPLER: 'always_off', OTEL_NONPLUS: '{"unsampled":"judge"}' }
      const url = await createUrl()
      const { received } = await runApp({ sdk, node, driver, url, instrumentations: ['nonplus'], env })
      expect(received.spans).toEqual([])
      expect(received.logs).toHaveLength(REQUESTS.length)
      expectMetrics(received.points, driver)
    })
  })

  describe('unsampled by the head, and decided at the end', () => {
    test('keeps each request with a proven finding, whole', async () => {
      const env = { OTEL_TAIL: '1' }
      const url = await createUrl()
      const run = await runApp({ sdk, node, driver, url, instrumentations: ['nonplus'], env })
      expect(countLabels(run.received.spans)).toEqual(expectedLabels(driver))
      expect(misplaced(run.received.spans)).toEqual([])
      expectFindings(run, driver)
      // what ran before the server has no finding
      expect(run.received.spans.filter(({ name }) => name.startsWith('CREATE TABLE'))).toEqual([])
    })
  })

  describe('with findings only', () => {
    test('makes no span of a statement, and puts findings on the request', async () => {
      const options = { spans: false, metrics: false }
      const url = await createUrl()
      const run = await runApp({ sdk, node, driver, url, instrumentations: ['nonplus'], options })
      expect(run.received.spans.filter(({ kind }) => kind === 3).map(({ scope }) => scope)).not.toContain('nonplus')
      expectFindings(run, driver)
      expect(run.received.points.filter(({ scope }) => scope === 'nonplus')).toEqual([])
    })
  })

  describe.each([
    ['before', ['nonplus', driver]],
    ['after', [driver, 'nonplus']],
  ] as const)('%s the instrumentation of the driver', (_order, instrumentations) => {
    let run: AppRun

    beforeAll(async () => {
      run = await runApp({ sdk, node, driver, url: await createUrl(), instrumentations })
    })

    test('adds no span', () => {
      const ours = run.received.spans.filter(({ scope }) => scope === 'nonplus')
      expect(ours.map(({ name }) => name)).toEqual([])
      expect(run.received.spans.some(({ kind }) => kind === 3)).toBe(true)
    })

    test('measures nothing that it measures', () => {
      const scopes = run.received.points
        .filter(({ metric }) => metric === 'db.client.operation.duration')
        .map(({ scope }) => scope)
      expect(new Set(scopes)).toEqual(new Set(driver === 'pg' ? ['@opentelemetry/instrumentation-pg'] : ['nonplus']))
    })

    test('tells the same findings', () => {
      expectFindings(run, driver)
      expect(run.received.logs.every(({ attributes }) => !('nonplus.finding.span_ids' in attributes))).toBe(true)
    })
  })
}

function describeDrivers(sdk: Sdk, node: string): void {
  const isMissing = !isInstalled(sdk)
  const name = `${sdk.name}${isMissing ? ` (SKIPPED: npm ci --prefix ${sdk === sdk2 ? 'test/otel' : 'test/otel-3'})` : ''}`
  describe.skipIf(isMissing)(name, () => {
    describe('pg', () => {
      describeInstrumentation({ sdk, node, driver: 'pg', createUrl: () => createDatabase('otel') })
    })

    const hasMysql = process.env.NONPLUS_TEST_MYSQL_URL !== undefined
    describe.skipIf(!hasMysql)(`mysql2${hasMysql ? '' : ` (SKIPPED: ${HOW_TO_GET_MYSQL})`}`, () => {
      describeInstrumentation({ sdk, node, driver: 'mysql2', createUrl: () => createMysqlDatabase('otel') })
    })
  })
}

describe('on this Node', () => {
  describeDrivers(sdk2, process.execPath)
})

const newest = nodeVersions.at(-1)
const isOld = newest === undefined || Number(newest.version.split('.')[0]) < 24
describe.skipIf(isOld)(`on Node ${newest?.version}`, () => {
  describeDrivers(sdk3, newest?.execPath ?? process.execPath)
})
