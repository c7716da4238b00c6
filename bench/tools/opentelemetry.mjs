import { trace } from '@opentelemetry/api'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

/** A dropped span costs nothing, so none may be dropped. */
const QUEUE_SIZE = 2 ** 20

/** Counts what it is given and sends it nowhere: export is not part of the comparison. */
class CountingExporter {
  counts = { scopes: 0, statements: 0, extraSpans: 0 }
  observed = undefined

  export(spans, done) {
    for (const span of spans) {
      if (span.name.startsWith('request ')) this.counts.scopes++
      else if (span.name.startsWith('pg.query')) this.counts.statements++
      else this.counts.extraSpans++
    }
    this.observed?.push(...spans)
    done({ code: 0 })
  }

  async forceFlush() {}

  async shutdown() {}
}

/** Default options, with the span of the request around its statements. */
export function start() {
  const exporter = new CountingExporter()
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: QUEUE_SIZE })
  const provider = new NodeTracerProvider({ spanProcessors: [processor] })
  provider.register()
  registerInstrumentations({ instrumentations: [new PgInstrumentation()] })
  const tracer = trace.getTracer('bench')
  return {
    scope: (name, run) =>
      tracer.startActiveSpan(name, async (span) => {
        try {
          return await run()
        } finally {
          span.end()
        }
      }),
    flush: () => provider.forceFlush(),
    counts: () => ({ ...exporter.counts }),
    observe() {
      exporter.observed = []
    },
    observed() {
      const spans = exporter.observed
      exporter.observed = undefined
      return scopesOf(spans)
    },
  }
}

function scopesOf(spans) {
  const requests = spans.filter(({ name }) => name.startsWith('request '))
  return requests.map((request) => {
    const { traceId } = request.spanContext()
    const queries = spans.filter((span) => span.name.startsWith('pg.query') && span.spanContext().traceId === traceId)
    return { name: request.name, texts: queries.map(textOf) }
  })
}

function textOf({ attributes }) {
  return attributes['db.query.text'] ?? attributes['db.statement'] ?? ''
}
