import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { processCoverage } from '../../src/coverage.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import { state } from '../../src/instrument/state.ts'
import { NonplusSpanProcessor } from '../../src/otel/index.ts'
import { runInScope } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'
import { MemorySdk } from './memory-sdk.ts'
import { isInstalled, sdk1, sdk2 } from './run-app.ts'

const run = promisify(execFile)

// biome-ignore lint/suspicious/noExplicitAny: parts of an SDK that is no dependency of the root
type Any = any

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

const skip = isInstalled(sdk2) ? '' : ' (SKIPPED: npm ci --prefix test/otel)'
describe.skipIf(skip !== '')(`what is bounded${skip}`, () => {
  let pool: pg.Pool
  let sdk: MemorySdk

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: await createDatabase('otel'), max: 2 })
    instrument(pg)
  })

  beforeEach(() => {
    sdk = new MemorySdk()
    state.losses.clear()
  })

  afterEach(() => sdk.stop())
  afterAll(() => pool.end())

  test('names of scopes: from the 201st on they are one series', async () => {
    for (const name of times(203, (index) => `job ${index}`)) await runInScope(name, () => pool.query('select 1'))
    await runInScope('job 0', () => pool.query('select 1'))
    const points = await sdk.points('nonplus.request.queries')
    const counts = new Map(points.map(({ attributes, value }) => [attributes['nonplus.scope.name'], value.count]))
    expect(counts.size).toBe(201)
    expect([counts.get('job 0'), counts.get('job 199'), counts.get('job 200'), counts.get('_other')]).toEqual([
      2,
      1,
      undefined,
      3,
    ])
  })

  test('shapes of statements: from the 501st on they are one series, without a name of a table', async () => {
    await runInScope('generated', async () => {
      for (const index of times(503, (each) => each)) {
        await pool.query(`select a from t_${index}`).catch(() => {})
      }
    })
    const points = await sdk.points('db.client.operation.duration')
    const bySummary = new Map(
      points.map(({ attributes, value }) => [attributes['db.query.summary'], [attributes, value]]),
    )
    expect(bySummary.size).toBe(501)
    const [attributes, value] = bySummary.get('_other') as Any
    expect(value.count).toBe(3)
    expect(attributes).not.toHaveProperty('db.collection.name')
    expect(attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.operation.name': expect.any(String) })
  })

  test('events of one scope: 20, and the coverage tells of the rest; the attributes count them all', async () => {
    await sdk.tracer.startActiveSpan('work', async (span: Any) => {
      await runInScope('many', async () => {
        for (const text of times(23, (index) => `select relname as same_${index} from pg_class where oid = $1`)) {
          await pool.query(text, [1])
          await pool.query(text, [1])
        }
      })
      span.end()
    })
    expect(sdk.spans('work')[0].attributes).toMatchObject({ 'nonplus.findings': 23 })
    expect(sdk.logs()).toHaveLength(20)
    expect(processCoverage().warnings).toContain(
      '3 findings of one scope were not sent as events, beyond the first 20.',
    )
  })

  test('links of an event to spans: the first five of those it stands for', async () => {
    await runInScope('loop', async () => {
      const { rows } = await pool.query('select i as id from generate_series(1, 8) i')
      for (const { id } of rows) await pool.query('select $1::int as id', [id])
    })
    const [event] = sdk.logs()
    expect(event.attributes['nonplus.finding.count']).toBe(8)
    const ids = sdk.spans().map((span) => span.spanContext().spanId)
    expect(event.attributes['nonplus.finding.span_ids']).toEqual(ids.slice(1, 6))
  })

  test('pools that are looked at: 50', async () => {
    const pools = times(53, (index) => new pg.Pool({ ...urlParts(pool), database: `of_${index}`, max: 1 }))
    for (const each of pools) await each.query('select 1').catch(() => {})
    const points = await sdk.points('db.client.connection.max')
    expect(points).toHaveLength(50)
    await Promise.all(pools.map((each) => each.end()))
  })

  test('events of one trace, where others make the spans: 20, and the coverage tells of the rest', () => {
    const processor = new NonplusSpanProcessor({ findings: true })
    const logs: Any[] = []
    const api = (globalThis as Any)[Symbol.for('opentelemetry.js.api.1')]
    api.logs = { getLogger: () => ({ emit: (record: Any) => logs.push(record) }) }
    // it leaves statements alone where nonplus sees them itself
    state.services.delete('otel')
    judgeTrace(processor, 23)
    delete api.logs
    expect(logs).toHaveLength(20)
    expect(processor.coverage().warnings).toContain('3 findings were not sent as events: of a trace the first 20 are.')
  })
})

function urlParts({ options }: Any): object {
  const { hostname: host, port, username: user, password } = new URL(options.connectionString)
  return { host, port: Number(port), user, password }
}

/** A request, as an SDK tells of it, with as many statements that run twice. */
function judgeTrace(processor: NonplusSpanProcessor, count: number): void {
  const root = spanOf(1, 1, 'GET /', {})
  const none = { getValue: () => undefined, setValue: () => none } as Any
  const inRoot = { getValue: () => root, setValue: () => inRoot } as Any
  processor.onStart(root, none)
  for (let index = 0; index < count * 2; index++) {
    const text = `select name from authors where c_${index >> 1} = 'x'`
    const span = spanOf(index + 2, 2, 'pg.query', { 'db.system.name': 'postgresql', 'db.query.text': text })
    processor.onStart(span, inRoot)
    processor.onEnd(span)
  }
  processor.onEnd(root)
  void processor.forceFlush()
}

function spanOf(id: number, kind: number, name: string, attributes: object): Any {
  const spanContext = { traceId: '1'.padStart(32, '0'), spanId: String(id).padStart(16, '0'), traceFlags: 1 }
  const parentSpanContext = id === 1 ? undefined : { ...spanContext, spanId: '1'.padStart(16, '0') }
  const times = { startTime: [1_800_000_000, id * 1e6], endTime: [1_800_000_000, id * 1e6 + 1e5] }
  return {
    ...times,
    name,
    kind,
    attributes,
    parentSpanContext,
    spanContext: () => spanContext,
    status: { code: 0 },
    instrumentationScope: { name: 'test' },
  }
}

const hasOldApi = existsSync(`${sdk1.folder}node_modules/api-1.2`)
describe.skipIf(!hasOldApi)(`an old API${hasOldApi ? '' : ' (SKIPPED: npm ci --prefix test/otel-1)'}`, () => {
  async function stderrWith(name: string): Promise<string> {
    const code = `
      const { createRequire } = require('node:module')
      const { trace } = createRequire(process.env.OTEL_PACKAGES)(process.env.OTEL_API)
      trace.setGlobalTracerProvider({ getTracer: () => ({}) })
      const { NonplusInstrumentation } = require('../../dist/otel.cjs')
      const { runInScope } = require('../../dist/index.cjs')
      new NonplusInstrumentation()
      runInScope('one', async () => {}).then(() => runInScope('two', async () => {}))
    `
    const env = { PATH: process.env.PATH, OTEL_PACKAGES: sdk1.folder, OTEL_API: name }
    return (await run(process.execPath, ['-e', code], { cwd: sdk2.folder, env })).stderr
  }

  test('1.2 is too old, which is said once', async () => {
    expect(await stderrWith('api-1.2')).toBe(
      'nonplus: @opentelemetry/api 1.2.0 is too old: spans and metrics may be missing. Update it to 1.3 or later.\n',
    )
  })

  test('1.3 is not', async () => {
    expect(await stderrWith('api-1.3')).toBe('')
  })
})
