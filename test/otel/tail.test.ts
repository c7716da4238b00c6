import { createRequire } from 'node:module'
import type { Context, Tracer } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { processCoverage } from '../../src/coverage.ts'
import { state } from '../../src/instrument/state.ts'
import { registeredApi, withSpan } from '../../src/otel/api.ts'
import { NonplusTailProcessor, NonplusTailSampler, type RecordedSpan, type TailOptions } from '../../src/otel/index.ts'
import { isInstalled, sdk2 } from './run-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: an SDK that is no dependency of the root
type Any = any

const SERVER = 1

interface FinishedSpan extends RecordedSpan {
  readonly name: string
}

const skip = isInstalled(sdk2) ? '' : ' (SKIPPED: npm ci --prefix test/otel)'
describe.skipIf(skip !== '')(`a decision at the end${skip}`, () => {
  const load = createRequire(sdk2.folder)
  let exporter: { getFinishedSpans(): FinishedSpan[] }
  let provider: { shutdown(): Promise<void> }
  let tracer: Tracer

  function start(head: 'AlwaysOffSampler' | 'AlwaysOnSampler', options?: TailOptions): void {
    const sdk = load('@opentelemetry/sdk-trace')
    const { NodeTracerProvider } = load('@opentelemetry/sdk-node').node
    const memory = new sdk.InMemorySpanExporter()
    exporter = memory
    const made: Any = new NodeTracerProvider({
      sampler: new NonplusTailSampler(new sdk[head]()),
      spanProcessors: [new NonplusTailProcessor(new sdk.SimpleSpanProcessor({ exporter: memory }), options)],
    })
    made.register()
    provider = made
    tracer = made.getTracer('test')
  }

  beforeEach(() => state.losses.clear())

  afterEach(async () => {
    await provider.shutdown()
    for (const name of ['trace', 'context', 'propagation'] as const) delete (registeredApi() as Any)?.[name]
  })

  function root(): Context {
    return registeredApi()?.context?.active() as Context
  }

  /** A request with so many statements; the finding is set before its span ends, as nonplus does. */
  function request(name: string, proven: number, children = 2): void {
    const server = tracer.startSpan(name, { kind: SERVER }, root())
    const context = withSpan(root(), server)
    for (let i = 0; i < children; i++) tracer.startSpan(`${name} child`, {}, context).end()
    if (proven > 0) server.setAttributes({ 'nonplus.findings': proven, 'nonplus.proven_findings': proven })
    server.end()
  }

  function names(): string[] {
    return exporter.getFinishedSpans().map(({ name }) => name)
  }

  test('keeps a request with a proven finding, and lets go of one without', () => {
    start('AlwaysOffSampler')
    request('plain', 0)
    request('proven', 1)
    expect(names()).toEqual(['proven child', 'proven child', 'proven'])
    const [first] = exporter.getFinishedSpans()
    expect(first?.spanContext().traceFlags).toBe(1)
    expect(processCoverage().warnings.join()).not.toContain('decision at their end')
  })

  test('hands on what is sampled at once', () => {
    start('AlwaysOnSampler')
    const server = tracer.startSpan('server', { kind: SERVER }, root())
    tracer.startSpan('child', {}, withSpan(root(), server)).end()
    expect(names()).toEqual(['child'])
    server.end()
    expect(names()).toEqual(['child', 'server'])
  })

  test('decides on requests at once by themselves, and on what ends after its request as on the request', () => {
    start('AlwaysOffSampler')
    const servers = ['a', 'b'].map((name) => tracer.startSpan(name, { kind: SERVER }, root()))
    const late = servers.map((server, i) => tracer.startSpan(`late ${'ab'[i]}`, {}, withSpan(root(), server)))
    servers[1]?.setAttribute('nonplus.proven_findings', 1)
    for (const server of servers) server.end()
    for (const span of late) span.end()
    expect(names()).toEqual(['b', 'late b'])
  })

  test('a finding on a span within a request keeps the request', () => {
    start('AlwaysOffSampler')
    const server = tracer.startSpan('server', { kind: SERVER }, root())
    const job = tracer.startSpan('job', {}, withSpan(root(), server))
    job.setAttribute('nonplus.proven_findings', 1)
    job.end()
    server.end()
    expect(names()).toEqual(['job', 'server'])
  })

  test('holds no more than it may, keeps the root of a long request, and counts what it lost', () => {
    start('AlwaysOffSampler', { maxSpans: 10, maxSpansPerRequest: 3 })
    request('long', 1, 8)
    expect(names()).toEqual(['long child', 'long child', 'long child', 'long'])
    expect(processCoverage().warnings).toContain('5 spans of long requests were not kept for a decision at their end.')

    const neverEnding = Array.from({ length: 100 }, () => tracer.startSpan('endless', { kind: SERVER }, root()))
    for (const server of neverEnding) tracer.startSpan('child', {}, withSpan(root(), server)).end()
    expect(processCoverage().warnings).toContain(
      '90 spans of requests that took too long were not kept for a decision at their end.',
    )
    request('proven', 1)
    expect(names().slice(4)).toEqual(['proven child', 'proven child', 'proven'])
  })

  test('wrong bounds fail at the start', () => {
    start('AlwaysOffSampler')
    const next: Any = {}
    expect(() => new NonplusTailProcessor(next, { maxSpans: 0 })).toThrow(
      '`maxSpans` must be an integer from 1 up, but got: 0.',
    )
    expect(() => new NonplusTailProcessor(next, { maxSpan: 5 } as TailOptions)).toThrow(
      'Unknown option: `maxSpan`. Did you mean `maxSpans`?',
    )
  })
})
