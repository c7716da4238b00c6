const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { MySQL2Instrumentation } = require('@opentelemetry/instrumentation-mysql2')
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { summarize } = require('./summarize.cjs')

const spans = []
const counts = { started: 0, ended: 0 }
const collector = {
  onStart: () => void counts.started++,
  onEnd(span) {
    counts.ended++
    spans.push(span)
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}
new NodeTracerProvider({ spanProcessors: [collector] }).register()
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new PgInstrumentation(), new MySQL2Instrumentation()],
})

globalThis.besideSpans = () => {
  const plain = spans.map((span) => ({
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId,
    name: span.name,
    text: span.attributes['db.query.text'] ?? span.attributes['db.statement'] ?? '',
    target: span.attributes['url.path'] ?? span.attributes['http.target'],
    isServer: span.kind === 1,
    attributes: Object.keys(span.attributes).sort().join(','),
    error: span.status.code === 2 ? (span.status.message ?? 'error') : '',
  }))
  return [...summarize(plain), `started ${counts.started}, ended ${counts.ended}`]
}
