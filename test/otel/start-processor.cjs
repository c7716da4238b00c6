// Starts an SDK whose spans NonplusSpanProcessor reads, with the driver's own instrumentation and nothing of ours.
const { createRequire } = require('node:module')
const { NonplusSpanProcessor } = require('../../dist/otel.cjs')

const load = createRequire(process.env.OTEL_PACKAGES)
const { NodeSDK } = load('@opentelemetry/sdk-node')
const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http')
const { PgInstrumentation } = load('@opentelemetry/instrumentation-pg')
const { MySQL2Instrumentation } = load('@opentelemetry/instrumentation-mysql2')

const reports = []
const processor = new NonplusSpanProcessor({ onFindings: (report) => reports.push(report) })
const spans = []
const events = []

const keep = { onStart() {}, onEnd: (span) => spans.push(span), forceFlush: async () => {}, shutdown: async () => {} }
const keepEvents = { onEmit: (record) => events.push(record), forceFlush: async () => {}, shutdown: async () => {} }

const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new PgInstrumentation(), new MySQL2Instrumentation()],
  spanProcessors: [processor, keep],
  // of one name since 2, and of the other before
  logRecordProcessors: [keepEvents],
  logRecordProcessor: keepEvents,
})
sdk.start()

globalThis.stopSdk = async () => {
  await sdk.shutdown()
  return {
    reports,
    coverage: processor.coverage(),
    ...(process.env.OTEL_RECORD === '1' ? { recorded: recordedOf(spans) } : {}),
    servers: spans
      .filter(({ kind }) => kind === 1)
      .map((span) => ({ ...span.spanContext(), name: span.name, attributes: span.attributes })),
    events: events.map(({ eventName, body, attributes, spanContext, severityNumber }) => ({
      eventName,
      body,
      attributes,
      spanContext,
      severityNumber,
    })),
  }
}

/** Spans as they were, for test/otel/recorded. */
function recordedOf(all) {
  return all.map((span) => ({
    ...span.spanContext(),
    parentSpanId: span.parentSpanContext?.spanId ?? span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startTime: span.startTime,
    endTime: span.endTime,
    attributes: span.attributes,
    status: { code: span.status.code },
    scope: { name: span.instrumentationScope?.name ?? span.instrumentationLibrary?.name },
  }))
}
