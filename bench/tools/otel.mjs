import { trace } from '@opentelemetry/api'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { MySQL2Instrumentation } from '@opentelemetry/instrumentation-mysql2'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { runInScope } from '../../dist/index.js'
import { NonplusInstrumentation } from '../../dist/otel.js'

/** A dropped span costs nothing, so none may be dropped. */
const QUEUE_SIZE = 2 ** 20

/**
 * An SDK at a rate of sampling, with a span around each request, and what makes spans or findings of its statements. Spans
 * and events are counted and thrown away: export is not part of the comparison.
 */
export function start({ sampling, instrumentation }) {
  const counts = { scopes: 0, statements: 0, findings: 0 }
  const exporter = {
    export(spans, done) {
      for (const { attributes } of spans) {
        if ((attributes['db.query.text'] ?? attributes['db.statement']) !== undefined) counts.statements++
        else counts.scopes++
      }
      done({ code: 0 })
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const provider = new NodeTracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampling) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: QUEUE_SIZE })],
  })
  provider.register()
  const isOurs = instrumentation === 'spans' || instrumentation === 'findings'
  if (instrumentation === 'pg') {
    registerInstrumentations({ instrumentations: [new PgInstrumentation(), new MySQL2Instrumentation()] })
  }
  if (isOurs) {
    const ours = new NonplusInstrumentation({ http: false, metrics: false, spans: instrumentation === 'spans' })
    ours.setLoggerProvider({ getLogger: () => ({ emit: () => void counts.findings++ }) })
  }
  const tracer = trace.getTracer('bench')
  return {
    scope: (name, run) =>
      tracer.startActiveSpan(name, async (span) => {
        try {
          return await (isOurs ? runInScope(name, run) : run())
        } finally {
          span.end()
        }
      }),
    flush: () => provider.forceFlush(),
    counts: () => ({ ...counts }),
  }
}
