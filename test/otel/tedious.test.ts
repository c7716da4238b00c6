import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTdsPeer, type TdsAnswer, type TdsPeer, type TdsQuestion } from '../tds-peer.ts'
import type { ReceivedSpan } from './receiver.ts'
import { type AppOptions, type AppRun, runApp, sdk2 } from './run-app.ts'

const REQUESTS = [1, 2, 3, 4, 5, 6]

/** Statements of each request with a number in them. */
const LABELS = { list: 1, loop: 4, together: 4, callback: 1, inside: 1, failing: 1 }

const AUTHORS = [1, 2, 3, 4].map((id) => [id, id * 1_111] as const)

function script({ text, parameters }: TdsQuestion): TdsAnswer {
  if (text.includes('_failing')) return { error: { number: 208, message: "Invalid object name 'secret'." } }
  if (text.includes('_list')) return { columns: ['id', 'author_id'], rows: AUTHORS, delayMs: 1 }
  if (text === 'waitfor') return { affected: 0, delayMs: 60 }
  if (/^(begin|commit|rollback|save)$/.test(text)) return {}
  return { columns: ['name'], rows: [[`author ${Object.values(parameters)[0]}`]], delayMs: 1 }
}

function labelOf({ attributes }: ReceivedSpan): RegExpExecArray | null {
  return /\br(\d)_(\w+)/.exec(String(attributes['db.query.text'] ?? ''))
}

function countLabels(spans: readonly ReceivedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const span of spans) {
    const [, number, label] = labelOf(span) ?? []
    if (label !== undefined) counts[`${number} ${label}`] = (counts[`${number} ${label}`] ?? 0) + 1
  }
  return counts
}

const EXPECTED = Object.fromEntries(
  REQUESTS.flatMap((number) => Object.entries(LABELS).map(([label, count]) => [`${number} ${label}`, count])),
)

/** `/requests/3` by the id of its span. */
function serversOf({ received }: AppRun): Map<string, ReceivedSpan> {
  return new Map(received.spans.filter(({ kind }) => kind === 2).map((span) => [span.spanId, span]))
}

function expectFindings(run: AppRun): void {
  const servers = serversOf(run)
  expect(servers.size).toBe(REQUESTS.length)
  for (const { attributes } of servers.values()) {
    expect(attributes).toMatchObject({ 'nonplus.n_plus_one': true, 'nonplus.proven_findings': 1 })
    expect(attributes['nonplus.db.query.count']).toBe(Object.values(LABELS).reduce((sum, count) => sum + count, 0))
  }
  expect(run.received.logs.map(({ body }) => body)).toEqual(
    REQUESTS.map(() => expect.stringMatching(/^4 × SELECT r\d_loop with 4 different/)),
  )
}

const isMissing = !existsSync(`${sdk2.folder}node_modules/@opentelemetry/instrumentation-tedious`)
const skip = isMissing ? ' (SKIPPED: npm ci --prefix test/otel)' : ''
describe.skipIf(isMissing)(`tedious below mssql (scripted peer, not a live server)${skip}`, () => {
  let peer: TdsPeer

  beforeAll(async () => {
    peer = await startTdsPeer(script)
  })

  afterAll(() => peer.stop())

  const runWith = (instrumentations: AppOptions['instrumentations'], options = {}): Promise<AppRun> => {
    const url = `127.0.0.1:${peer.port}`
    return runApp({ sdk: sdk2, node: process.execPath, driver: 'tedious', url, instrumentations, options })
  }

  test('alone, one span of each statement, under its own request, and where it went', async () => {
    const run = await runWith(['nonplus'])
    const { spans } = run.received
    expect(countLabels(spans)).toEqual(EXPECTED)
    const servers = serversOf(run)
    const misplaced = spans.filter((span) => {
      const number = labelOf(span)?.[1] ?? /^r(\d)_query$/.exec(span.name)?.[1]
      return (
        number !== undefined && servers.get(span.parentSpanId ?? '')?.attributes['url.path'] !== `/requests/${number}`
      )
    })
    expect(misplaced.map(({ name }) => name)).toEqual([])
    expect(spans.filter(({ name, scope }) => scope === 'nonplus' && name === 'BEGIN')).toHaveLength(REQUESTS.length)
    for (const { attributes } of spans.filter(({ kind, scope }) => kind === 3 && scope === 'nonplus')) {
      expect(attributes).toMatchObject({
        'db.system.name': 'microsoft.sql_server',
        'db.namespace': 'shop',
        'server.address': '127.0.0.1',
        'server.port': peer.port,
      })
    }
    expectFindings(run)
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  test('its pool is measured, and how long statements waited for it', async () => {
    const { received } = await runWith(['nonplus'])
    const pool = { 'db.client.connection.pool.name': `127.0.0.1:${peer.port}/shop` }
    const [max] = received.points.filter(({ metric }) => metric === 'db.client.connection.max')
    expect(max).toMatchObject({ attributes: pool, value: 2 })
    const [wait] = received.points.filter(({ metric }) => metric === 'db.client.connection.wait_time')
    expect(wait?.attributes).toEqual(pool)
    // all but what is sent in a transaction, which has its connection
    expect(wait?.count).toBeGreaterThan(REQUESTS.length * 8)
  })

  describe.each([
    ['before', ['nonplus', 'tedious']],
    ['after', ['tedious', 'nonplus']],
  ] as const)('%s its instrumentation', (_order, instrumentations) => {
    let run: AppRun

    beforeAll(async () => {
      run = await runWith(instrumentations)
    })

    test('adds no span, and takes none away', async () => {
      const { spans } = run.received
      expect(spans.filter(({ scope }) => scope === 'nonplus').map(({ name }) => name)).toEqual([])
      const theirs = spans.filter(({ scope }) => scope === '@opentelemetry/instrumentation-tedious')
      expect(countLabels(theirs)).toEqual(EXPECTED)
      const alone = await runWith(['tedious'])
      const names = ({ received }: AppRun): string[] =>
        received.spans.filter(({ kind }) => kind === 3).flatMap(({ scope, name }) => (/http/.test(scope) ? [] : [name]))
      expect(names(run).sort()).toEqual(names(alone).sort())
    })

    test('tells the same findings', () => expectFindings(run))

    test('measures what it does not', () => {
      const durations = run.received.points.filter(({ metric }) => metric === 'db.client.operation.duration')
      expect(new Set(durations.map(({ scope }) => scope))).toEqual(new Set(['nonplus']))
    })
  })

  test('with `spans: true` both make theirs', async () => {
    const { received } = await runWith(['nonplus', 'tedious'], { spans: true })
    const twice = Object.fromEntries(Object.entries(EXPECTED).map(([label, count]) => [label, count * 2]))
    expect(countLabels(received.spans)).toEqual(twice)
  })
})
