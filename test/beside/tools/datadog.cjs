const { summarize } = require('./summarize.cjs')

process.env.DD_TRACE_STARTUP_LOGS = 'false'
process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false'
process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false'
process.env.DD_RUNTIME_METRICS_ENABLED = 'false'
const tracer = require('dd-trace').init({ flushInterval: 0, url: 'http://127.0.0.1:9', startupLogs: false })

// what would go to the agent, before it is packed
const spans = []
const processor = tracer._tracer._processor
const exporter = processor._exporter ?? tracer._tracer._exporter
exporter.export = (trace) => void spans.push(...trace)

globalThis.besideSpans = async () => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  const plain = spans.map((span) => ({
    id: String(span.span_id),
    parent: String(span.parent_id),
    name: span.name,
    text: span.resource,
    target: span.meta?.['http.url']?.replace(/^.*?:\d+/, ''),
    attributes: Object.keys(span.meta ?? {})
      .filter((key) => !key.startsWith('_dd'))
      .sort()
      .join(','),
    error: span.error ? 'error' : '',
  }))
  return summarize(plain)
}
