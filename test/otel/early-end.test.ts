import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { processCoverage } from '../../src/coverage.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import { state } from '../../src/instrument/state.ts'
import { runInScope } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'
import { MemorySdk } from './memory-sdk.ts'
import { isInstalled, sdk2 } from './run-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: spans of an SDK that is no dependency of the root
type Any = any

const skip = isInstalled(sdk2) ? '' : ' (SKIPPED: npm ci --prefix test/otel)'
describe.skipIf(skip !== '')(`a job whose span ends before it does${skip}`, () => {
  let pool: pg.Pool
  let sdk: MemorySdk

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: await createDatabase('otel'), max: 2 })
    instrument(pg)
  })

  beforeEach(() => {
    sdk = new MemorySdk({ spanEvents: true })
    state.losses.clear()
    state.counters.failures = 0
  })

  afterEach(() => sdk.stop())
  afterAll(() => pool.end())

  async function loop(): Promise<void> {
    const { rows } = await pool.query('select i as id from generate_series(1, 3) i')
    for (const { id } of rows) await pool.query('select $1::int as id', [id])
  }

  function inSpan(name: string, work: () => Promise<unknown>): Promise<unknown> {
    return sdk.tracer.startActiveSpan(name, async (span: Any) => {
      await work()
      span.end()
    })
  }

  const LOOP = { 'nonplus.n_plus_one': true, 'nonplus.findings': 1, 'nonplus.proven_findings': 1 }

  function losses(): string[] {
    return processCoverage().warnings.filter((warning) => warning.includes('span around their job'))
  }

  test('has on it what was found by then, and the event in its context', async () => {
    await runInScope('mail', () => inSpan('work', loop))
    const [work] = sdk.spans('work')
    expect(work.attributes).toMatchObject({ ...LOOP, 'nonplus.db.query.count': 4 })
    expect(work.events.map(({ name }: Any) => name)).toEqual(['nonplus.finding'])
    const logs = sdk.logs()
    expect(logs.map(({ eventName }) => eventName)).toEqual(['nonplus.finding'])
    expect(logs[0].spanContext.spanId).toBe(work.spanContext().spanId)
    expect(losses()).toEqual([])
  })

  test('counts what comes afterwards as lost, where no other span is there', async () => {
    await runInScope('mail', async () => {
      await inSpan('work', loop)
      await pool.query('select 1')
      await pool.query('select 2')
    })
    expect(sdk.spans('work')[0].attributes).toMatchObject({ ...LOOP, 'nonplus.db.query.count': 4 })
    expect(losses()).toEqual([
      '2 queries were sent after the span around their job had ended, and are not counted on it.',
    ])
  })

  test('hands the rest on to the next span', async () => {
    await runInScope('mail', async () => {
      await inSpan('config', () => pool.query('select 1'))
      await inSpan('work', loop)
    })
    expect(sdk.spans('config')[0].attributes).toMatchObject({ 'nonplus.findings': 0, 'nonplus.db.query.count': 1 })
    const [work] = sdk.spans('work')
    expect(work.attributes).toMatchObject({ ...LOOP, 'nonplus.db.query.count': 5 })
    expect(sdk.logs()[0].spanContext.spanId).toBe(work.spanContext().spanId)
    expect(losses()).toEqual([])
  })

  test('of many jobs in one span that ends first: the span ends once, and as it was asked to', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const jobs: Promise<unknown>[] = []
    await sdk.tracer.startActiveSpan('enqueue', { startTime: [1, 0] }, async (span: Any) => {
      for (let job = 0; job < 3; job++) jobs.push(runInScope('mail', () => loop().then(() => held)))
      await expect.poll(() => sdk.spans().length).toBe(12)
      span.end([5, 0])
      expect(Object.hasOwn(span, 'end')).toBe(false)
    })
    release()
    await Promise.all(jobs)
    const [enqueue, ...others] = sdk.spans('enqueue')
    expect(others).toEqual([])
    expect(enqueue.endTime).toEqual([5, 0])
    expect(enqueue.attributes).toMatchObject(LOOP)
    expect(sdk.logs().map(({ spanContext }) => spanContext.spanId)).toEqual(Array(3).fill(enqueue.spanContext().spanId))
    expect(state.counters.failures).toBe(0)
  })

  test('ends although judging fails', async () => {
    await runInScope('mail', () =>
      sdk.tracer.startActiveSpan('work', async (span: Any) => {
        await loop()
        span.setAttributes = () => {
          throw new Error('broken span')
        }
        span.end()
      }),
    )
    expect(sdk.spans('work')).toHaveLength(1)
    expect(state.failureMessages.join()).toContain('broken span')
  })
})
