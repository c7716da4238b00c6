import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import mariadb from 'mariadb'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { processCoverage } from '../../src/coverage.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import { state } from '../../src/instrument/state.ts'
import { registeredApi } from '../../src/otel/api.ts'
import { NonplusInstrumentation, type OtelOptions } from '../../src/otel/index.ts'
import { runInScope } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { isInstalled, sdk2 } from './run-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: an SDK that is no dependency of the root
type Any = any

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const skip = isInstalled(sdk2) ? '' : ' (SKIPPED: npm ci --prefix test/otel)'
describe.skipIf(skip !== '')(`under strain${skip}`, () => {
  const load = createRequire(sdk2.folder)
  let pool: pg.Pool
  let instrumentation: NonplusInstrumentation | undefined
  let provider: Any

  /** Starts a real SDK with this exporter, and nonplus on it. */
  function start(exporter: Any, options: OtelOptions = {}): void {
    const { NodeTracerProvider, BatchSpanProcessor } = load('@opentelemetry/sdk-node').node
    provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 100_000 })] })
    provider.register()
    instrumentation = new NonplusInstrumentation({ http: false, jobs: false, ...options })
  }

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: await createDatabase('otel'), max: 5 })
    instrument(pg)
  })

  beforeEach(() => {
    state.counters.failures = 0
    state.failureMessages.length = 0
  })

  afterEach(() => {
    instrumentation?.disable()
    for (const name of ['trace', 'context', 'propagation'] as const) delete (registeredApi() as Any)?.[name]
  })

  afterAll(() => pool.end())

  test('10,000 scopes at once: each statement under the span of its own', async () => {
    const memory = new (load('@opentelemetry/sdk-node').tracing.InMemorySpanExporter)()
    start(memory, { callSites: 'none' })
    const tracer = provider.getTracer('test')
    const one = (number: number): Promise<unknown> =>
      tracer.startActiveSpan(`job ${number}`, async (span: Any) => {
        await runInScope('job', () => pool.query(`select 1 as job_${number}`))
        span.end()
      })
    await Promise.all(Array.from({ length: 10_000 }, (_, number) => one(number)))
    await provider.forceFlush()
    const spans: Any[] = memory.getFinishedSpans()
    const jobs = new Map(spans.filter(({ kind }) => kind === 0).map((span) => [span.spanContext().spanId, span]))
    const statements = spans.filter(({ kind }) => kind === 2)
    expect(statements).toHaveLength(10_000)
    const misplaced = statements.filter(({ attributes, parentSpanContext }) => {
      const number = /job_(\d+)/.exec(attributes['db.query.text'])?.[1]
      return jobs.get(parentSpanContext?.spanId)?.name !== `job ${number}`
    })
    expect(misplaced).toHaveLength(0)
    expect(jobs.values().next().value.attributes).toMatchObject({ 'nonplus.findings': 0, 'nonplus.db.query.count': 1 })
    expect(state.counters.failures).toBe(0)
  })

  test('a scope that never closes holds no more with every statement', async () => {
    start({ export: (_spans: Any, done: (result: Any) => void) => done({ code: 0 }), shutdown: async () => {} })
    await runInScope('endless', async () => {
      const run = async (count: number): Promise<number> => {
        for (let i = 0; i < count; i++) await pool.query('select $1::int as number', [i])
        await provider.forceFlush()
        collectGarbage()
        return process.memoryUsage().heapUsed
      }
      const before = await run(3_000)
      const after = await run(12_000)
      // were each of them kept, it would be 12 MB and more
      expect(after - before).toBeLessThan(4_000_000)
    })
  })

  test('an exporter that hangs makes nobody wait', async () => {
    start({ export: () => {}, shutdown: () => new Promise(() => {}) })
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, number) =>
        runInScope('job', () => pool.query('select $1::int as n', [number])),
      ),
    )
    expect(answers.map(({ rows }) => rows[0].n)).toEqual(Array.from({ length: 2_000 }, (_, number) => number))
    expect(state.counters.failures).toBe(0)
  })

  test.each([
    ['that throws at the start of a span', { startSpan: thrower }],
    ['whose spans throw', { startSpan: () => throwingSpan() }],
  ])('a provider %s: the application goes on, and the coverage tells', async (_what, tracer) => {
    start({ export: () => {}, shutdown: async () => {} })
    const thrown = (): never => thrower()
    instrumentation?.setTracerProvider({ getTracer: () => tracer } as Any)
    instrumentation?.setLoggerProvider({ getLogger: () => ({ emit: thrown }) } as Any)
    instrumentation?.setMeterProvider({ getMeter: thrown } as Any)
    const rows = await runInScope('job', async () => {
      const seen: number[] = []
      const parents = await pool.query('select i as id from generate_series(1, 3) i')
      for (const { id } of parents.rows) seen.push((await pool.query('select $1::int as n', [id])).rows[0].n)
      return seen
    })
    expect(rows).toEqual([1, 2, 3])
    expect(processCoverage().warnings.join('\n')).toContain('errors inside nonplus were caught')
    expect(state.failureMessages.join('\n')).toContain('broken provider')
  })

  test.skipIf(process.env.NONPLUS_TEST_MYSQL_URL === undefined)('a batch is one span, with its size', async () => {
    const url = new URL(await createMysqlDatabase('otel'))
    const memory = new (load('@opentelemetry/sdk-node').tracing.InMemorySpanExporter)()
    start(memory)
    instrument(mariadb)
    const { username: user, password, hostname: host, port, pathname } = url
    const connection = await mariadb.createConnection({
      user,
      password,
      host,
      port: Number(port),
      database: pathname.slice(1),
    })
    await connection.query('create table books (id int)')
    await connection.batch('insert into books values (?)', [[1], [2], [3]])
    await connection.batch('insert into books values (?)', [[4]])
    await connection.end()
    await provider.forceFlush()
    const spans: Any[] = memory.getFinishedSpans()
    const told = spans.map(({ name, attributes }) => [
      name,
      attributes['db.operation.name'],
      attributes['db.operation.batch.size'],
    ])
    expect(told).toEqual([
      ['CREATE TABLE books', 'CREATE TABLE', undefined],
      ['BATCH INSERT books', 'BATCH INSERT', 3],
      ['INSERT books', 'INSERT', undefined],
    ])
    expect(spans.every(({ attributes }) => attributes['db.system.name'] === 'mariadb')).toBe(true)
  })
})

function thrower(): never {
  throw new Error('broken provider')
}

function throwingSpan(): Any {
  const spanContext = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }
  const broken = { setAttributes: thrower, setAttribute: thrower, setStatus: thrower, end: thrower, addEvent: thrower }
  return { ...broken, isRecording: () => true, spanContext: () => spanContext }
}
