import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Attributes, type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { state } from '../../src/instrument/state.ts'
import type { Report } from '../../src/model/report.ts'
import { NonplusSpanProcessor, type SpanProcessorOptions } from '../../src/otel/index.ts'
import type { SdkSpan } from '../../src/otel/span-types.ts'
import { isInstalled, sdk2 } from './run-app.ts'

const SERVER = 1
const CLIENT = 2
const CONSUMER = 4

const USERS = 'select * from users where id = $1'

/** A tracer of the real SDK, whose spans are made by hand. */
class Bench {
  readonly reports: Report[] = []
  readonly processor: NonplusSpanProcessor
  readonly #tracer

  constructor(options: SpanProcessorOptions = {}) {
    const { BasicTracerProvider } = createRequire(sdk2.folder)('@opentelemetry/sdk-trace-base')
    this.processor = new NonplusSpanProcessor({ onFindings: (report) => this.reports.push(report), ...options })
    this.#tracer = new BasicTracerProvider({ spanProcessors: [this.processor] }).getTracer('by hand', '1.0')
  }

  start(
    name: string,
    parent: Span | undefined,
    kind = 0,
    attributes: Attributes = {},
    from: Context = ROOT_CONTEXT,
  ): Span {
    return this.#tracer.startSpan(name, { kind, attributes }, parent === undefined ? from : trace.setSpan(from, parent))
  }

  /** The span of one statement, from start to end. */
  query(parent: Span | undefined, text: string, attributes: Attributes = {}): void {
    this.startQuery(parent, text, attributes).end()
  }

  startQuery(parent: Span | undefined, text: string, attributes: Attributes = {}): Span {
    const all = { 'db.system.name': 'postgresql', 'db.query.text': text, ...attributes }
    return this.start('query', parent, CLIENT, all)
  }

  queries(count: number, parent: Span | undefined, text = USERS, attributes: Attributes = {}): void {
    for (let turn = 0; turn < count; turn++) this.query(parent, text, attributes)
  }

  async found(): Promise<string[]> {
    await this.processor.forceFlush()
    return this.reports.flatMap(({ scopes, findings }) =>
      findings.map(({ kind, confidence, title }) => `${scopes[0]?.name}: ${kind} (${confidence}) ${title}`),
    )
  }

  warnings(): string {
    return this.processor.coverage().warnings.join('\n')
  }
}

const LIKELY = 'GET /posts: n-plus-one (likely) 5 × SELECT users, keys not seen'

const isMissing = !isInstalled(sdk2)
describe.skipIf(isMissing)(`units of work${isMissing ? ' (SKIPPED: npm ci --prefix test/otel)' : ''}`, () => {
  afterEach(() => {
    state.services.delete('otel')
    expect(state.failureMessages.splice(0)).toEqual([])
    state.counters.failures = 0
  })

  test('a request is one, whatever spans lie between it and its statements', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    const handler = bench.start('handler', request)
    for (let turn = 0; turn < 5; turn++) {
      const resolver = bench.start('resolve author', handler)
      bench.query(resolver, USERS)
      resolver.end()
    }
    handler.end()
    request.end()
    expect(await bench.found()).toEqual([LIKELY])
    expect(bench.reports[0]?.findings[0]?.explanation).toContain('under the span `resolve author`')
  })

  test('another request is another one, also while the first is open', async () => {
    const bench = new Bench()
    const first = bench.start('GET /posts', undefined, SERVER)
    const second = bench.start('GET /posts', undefined, SERVER)
    for (let turn = 0; turn < 4; turn++) for (const each of [first, second]) bench.query(each, USERS)
    first.end()
    second.end()
    expect(await bench.found()).toEqual([])
    expect(bench.processor.coverage()).toMatchObject({ seen: 8, attributed: 8 })
  })

  test('a request with a parent in another process is one, and so is a message inside a long span', async () => {
    const bench = new Bench()
    const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, isRemote: true }
    const from = trace.setSpanContext(ROOT_CONTEXT, remote)
    const request = bench.start('GET /posts', undefined, SERVER, {}, from)
    bench.queries(5, request)
    request.end()
    const program = bench.start('program', undefined)
    const message = bench.start('process mails', program, CONSUMER)
    bench.queries(5, message)
    message.end()
    expect(await bench.found()).toEqual([LIKELY, LIKELY.replace('GET /posts', 'process mails')])
    expect(bench.reports.map(({ scopes }) => scopes[0]?.kind)).toEqual(['request', 'job'])
    expect(bench.reports[0]?.scopes[0]?.id).toMatch(/^1{32}-/)
  })

  test('statements that were sent side by side are told so, those after one another are not', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    for (const span of Array.from({ length: 5 }, () => bench.startQuery(request, USERS))) span.end()
    bench.queries(5, request, 'select * from tags where post_id = $1')
    request.end()
    await bench.found()
    const { findings = [] } = bench.reports[0] ?? {}
    expect(Object.fromEntries(findings.map(({ statement, concurrent }) => [statement.summary, concurrent]))).toEqual({
      'SELECT users': true,
      'SELECT tags': false,
    })
  })

  test('the span of an ORM and that of its driver are one statement', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    for (let turn = 0; turn < 5; turn++) {
      const orm = bench.startQuery(request, USERS)
      bench.query(orm, USERS)
      orm.end()
    }
    request.end()
    expect(await bench.found()).toEqual([LIKELY])
    expect(bench.reports[0]?.scopes[0]?.queries.count).toBe(5)
  })

  test('lines and rows are taken from spans that have them', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    const code = { 'code.file.path': '/app/posts.ts', 'code.line.number': 24, 'code.function.name': 'list' }
    bench.queries(5, request, USERS, { ...code, 'db.response.returned_rows': 1 })
    request.end()
    await bench.found()
    expect(bench.reports[0]?.findings[0]).toMatchObject({
      callSite: { file: '/app/posts.ts', line: 24, function: 'list' },
      rows: 5,
    })
    expect(bench.processor.coverage().withCallSite).toBe(5)
  })

  test('no literal is told', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    for (let id = 700_001; id <= 700_005; id++)
      bench.query(request, `select * from users where id = ${id} and name = 'ada'`)
    request.end()
    expect(await bench.found()).toHaveLength(1)
    expect(JSON.stringify(bench.reports)).not.toMatch(/70000|ada/)
  })

  test('other stores are left alone', async () => {
    const bench = new Bench()
    const request = bench.start('GET /posts', undefined, SERVER)
    bench.queries(9, request, 'GET user', { 'db.system.name': 'redis' })
    for (let turn = 0; turn < 9; turn++) {
      bench.start('pg-pool.connect', request, CLIENT, { 'db.system.name': 'postgresql' }).end()
    }
    request.end()
    expect(await bench.found()).toEqual([])
    expect(bench.processor.coverage().seen).toBe(0)
    expect(bench.warnings()).toBe(
      'No span of an SQL statement was seen. Is an instrumentation of the driver registered?',
    )
  })

  describe('what was not seen is told', () => {
    const wrong: [name: string, run: (bench: Bench, request: Span) => void, warning: RegExp][] = [
      [
        'a parent that had ended, as a request',
        (bench, request) => {
          request.end()
          bench.queries(3, request)
        },
        /3 spans of statements are under the wrong parent: a request that had ended/,
      ],
      [
        'a request that ended while a statement ran',
        (bench, request) => {
          const query = bench.startQuery(request, USERS)
          request.end()
          query.end()
        },
        /1 span of a statement is under the wrong parent/,
      ],
      [
        'a parent that had ended within its request',
        (bench, request) => {
          const handler = bench.start('handler', request)
          handler.end()
          bench.query(handler, USERS)
        },
        /1 span of a statement is under a parent that had ended before they began/,
      ],
      ['no request', (bench) => bench.query(undefined, USERS), /1 span of a statement is in no request/],
      [
        'a parent that was not recorded',
        (bench) =>
          bench.query(trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '3'.repeat(16), traceFlags: 1 }), USERS),
        /1 span of a statement is under a parent that is not known/,
      ],
      [
        'no text',
        (bench, request) => {
          bench.start('SELECT users', request, CLIENT, { 'db.system': 'mysql', 'db.operation': 'SELECT' }).end()
        },
        /1 span of a statement is without db.query.text/,
      ],
      [
        'a text that was cut',
        (bench, request) => bench.queries(9, request, 'select id, name, description from users wh...'),
        /9 spans of statements are with a text that was cut/,
      ],
    ]
    test.each(wrong)('%s', async (_name, run, warning) => {
      const bench = new Bench()
      const request = bench.start('GET /posts', undefined, SERVER)
      run(bench, request)
      request.end()
      expect(await bench.found()).toEqual([])
      expect(bench.warnings()).toMatch(warning)
    })
  })

  describe('bounds', () => {
    test('statements beyond those of a trace are counted', async () => {
      const bench = new Bench({ maxSpansPerTrace: 11 })
      const request = bench.start('GET /posts', undefined, SERVER)
      bench.queries(300, request)
      request.end()
      expect(await bench.found()).toEqual([LIKELY.replace('5 ×', '300 ×')])
      expect(bench.reports[0]?.scopes[0]?.queries.count).toBe(300)
      expect(bench.warnings()).toContain('290 spans of statements are beyond the limit of their trace')
    })

    test('traces that never end are given up, the oldest first', async () => {
      const bench = new Bench({ maxTraces: 10 })
      for (let count = 0; count < 5_000; count++) bench.queries(5, bench.start('GET /posts', undefined, SERVER))
      const last = bench.start('GET /posts', undefined, SERVER)
      bench.queries(5, last)
      last.end()
      expect(await bench.found()).toEqual([LIKELY])
      expect(bench.warnings()).toContain(`${(5_000 - 9) * 5} spans of statements are in traces that were given up`)
    })

    test('traces that last too long are given up', async () => {
      const bench = new Bench({ maxTraceMs: 1 })
      const forever = bench.start('GET /posts', undefined, SERVER)
      bench.queries(5, forever)
      await new Promise((resolve) => setTimeout(resolve, 10))
      bench.start('GET /other', undefined, SERVER).end()
      forever.end()
      expect(await bench.found()).toEqual([])
      expect(bench.warnings()).toContain('5 spans of statements are in traces that were given up')
    })
  })

  test('what a listener throws is caught and told', async () => {
    const bench = new Bench({
      onFindings: () => {
        throw new Error('of the application')
      },
    })
    const request = bench.start('GET /posts', undefined, SERVER)
    bench.queries(5, request)
    request.end()
    await bench.processor.forceFlush()
    expect(bench.warnings()).toContain('onFindings: Error: of the application')
    state.failureMessages.splice(0)
  })

  test('where nonplus sees the statements themselves, their spans are left alone', async () => {
    const bench = new Bench()
    state.services.set('otel', {})
    const request = bench.start('GET /posts', undefined, SERVER)
    bench.queries(5, request)
    request.end()
    expect(await bench.found()).toEqual([])
    expect(bench.warnings()).toContain('NonplusInstrumentation is enabled in this process')
  })

  test('after its shutdown it does nothing', async () => {
    const bench = new Bench()
    await bench.processor.shutdown()
    const request = bench.start('GET /posts', undefined, SERVER)
    bench.queries(5, request)
    request.end()
    expect(await bench.found()).toEqual([])
  })
})

/** Spans of OpenTelemetry 1 and instrumentation-pg 0.51 on a real server, which knew nothing but the old names. */
test('the conventions before the stable ones, as recorded', async () => {
  const reports: Report[] = []
  const processor = new NonplusSpanProcessor({ onFindings: (report) => reports.push(report) })
  const recorded = JSON.parse(readFileSync(new URL('recorded/old-conventions.json', import.meta.url), 'utf8'))
  const spans: SdkSpan[] = recorded.map(({ traceId, spanId, scope, ...span }: Record<string, unknown>) => ({
    ...span,
    instrumentationLibrary: { name: scope },
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
  }))
  const byStart = [...spans].sort((a, b) => a.kind - b.kind || compare(a.startTime, b.startTime))
  for (const span of byStart) {
    const parent = spans.find((each) => each.spanContext().spanId === span.parentSpanId)
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent.spanContext())
    processor.onStart(span, context)
  }
  for (const span of spans) processor.onEnd(span)
  await processor.forceFlush()
  expect(reports.map(({ scopes, findings }) => `${scopes[0]?.name}: ${findings.map(({ title }) => title)}`)).toEqual([
    'GET /sequential: 7 × SELECT authors, keys not seen',
    'GET /settings: 2 × SELECT authors with the same parameters',
  ])
  expect(reports[0]?.scopes[0]).toMatchObject({
    kind: 'request',
    queries: { count: 8 },
    attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 },
  })
})

function compare(a: SdkSpan['startTime'], b: SdkSpan['startTime']): number {
  return a[0] - b[0] || a[1] - b[1]
}

test.each([
  [{ onFinding: () => {} }, 'Unknown option: `onFinding`. Did you mean `onFindings`?'],
  [{ onFindings: true }, '`onFindings` must be a function, but got: true.'],
  [{ maxTraces: 0 }, '`maxTraces` must be an integer from 1 up, but got: 0.'],
])('wrong options fail at the start: %j', (options, message) => {
  expect(() => new NonplusSpanProcessor(options as SpanProcessorOptions)).toThrow(message)
})
