import { createRequire } from 'node:module'

process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false'
process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false'

/**
 * dd-trace with its defaults, at a rate of sampling, a span around each request. What it sends goes to the sink of the
 * benchmark: packing and sending are part of its figures.
 */
export function start({ sampling }) {
  const counts = { scopes: 0, statements: 0, findings: 0 }
  const url = process.env.BENCH_SINK_URL
  const tracer = createRequire(import.meta.url)('dd-trace').init({ url, sampleRate: sampling, startupLogs: false })
  const exporter = tracer._tracer._processor._exporter ?? tracer._tracer._exporter
  const send = exporter.export
  exporter.export = function (trace) {
    for (const { name } of trace) {
      if (name === 'request') counts.scopes++
      else if (name === 'pg.query' || name === 'mysql.query') counts.statements++
    }
    return Reflect.apply(send, this, [trace])
  }
  return {
    scope: (resource, run) => tracer.trace('request', { resource }, () => run()),
    flush: () => new Promise((resolve) => exporter.flush(resolve)),
    counts: () => ({ ...counts }),
  }
}
