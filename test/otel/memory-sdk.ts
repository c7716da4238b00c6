import { createRequire } from 'node:module'
import { registeredApi } from '../../src/otel/api.ts'
import { NonplusInstrumentation, type OtelOptions } from '../../src/otel/index.ts'
import { sdk2 } from './run-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: an SDK that is no dependency of the root
type Any = any

const load = createRequire(sdk2.folder)

/** A real SDK in this process that keeps what it is given, with nonplus on it. */
export class MemorySdk {
  readonly #instrumentation: NonplusInstrumentation
  readonly #spans: Any
  readonly #logs: Any
  readonly #points: Any
  readonly #reader: Any
  readonly tracer: Any

  constructor(options: OtelOptions = {}) {
    const { node, tracing, logs, metrics } = load('@opentelemetry/sdk-node')
    this.#spans = new tracing.InMemorySpanExporter()
    const provider = new node.NodeTracerProvider({ spanProcessors: [new node.SimpleSpanProcessor(this.#spans)] })
    provider.register()
    this.tracer = provider.getTracer('app')
    this.#logs = new logs.InMemoryLogRecordExporter()
    this.#points = new metrics.InMemoryMetricExporter(1)
    // longer than any test: it is read when it is asked for
    this.#reader = new metrics.PeriodicExportingMetricReader({
      exporter: this.#points,
      exportIntervalMillis: 600_000,
      exportTimeoutMillis: 10_000,
    })
    this.#instrumentation = new NonplusInstrumentation({ http: false, jobs: false, ...options })
    const meters = new metrics.MeterProvider({ readers: [this.#reader] })
    this.#instrumentation.setMeterProvider(meters)
    const processors = [new logs.SimpleLogRecordProcessor({ exporter: this.#logs })]
    this.#instrumentation.setLoggerProvider(new logs.LoggerProvider({ processors }))
  }

  /** Spans that have ended, of one name where it is given. */
  spans(name?: string): Any[] {
    return this.#spans.getFinishedSpans().filter((span: Any) => name === undefined || span.name === name)
  }

  logs(): Any[] {
    return this.#logs.getFinishedLogRecords()
  }

  /** The points of a metric, as they are now. */
  async points(name: string): Promise<Any[]> {
    this.#points.reset()
    await this.#reader.forceFlush()
    const scopes = this.#points.getMetrics().flatMap(({ scopeMetrics }: Any) => scopeMetrics)
    const all = scopes.flatMap(({ metrics }: Any) => metrics)
    return all.filter(({ descriptor }: Any) => descriptor.name === name).flatMap(({ dataPoints }: Any) => dataPoints)
  }

  async stop(): Promise<void> {
    this.#instrumentation.disable()
    await this.#reader.shutdown()
    for (const name of ['trace', 'context', 'propagation']) delete (registeredApi() as Any)?.[name]
  }
}
