import { createRequire } from 'node:module'

/**
 * Sentry, which is made of OpenTelemetry since 8, at a rate of sampling, a span around each request. What it sends is
 * serialised and thrown away.
 */
export function start({ sampling }) {
  const counts = { scopes: 0, statements: 0, findings: 0 }
  const Sentry = createRequire(import.meta.url)('@sentry/node')
  Sentry.init({
    dsn: 'http://key@127.0.0.1:9/1',
    tracesSampleRate: sampling,
    traceLifecycle: 'static',
    // what does not fit is dropped, and a dropped span costs nothing
    transportOptions: { bufferSize: 2 ** 20 },
    transport: (options) => Sentry.createTransport(options, async () => ({ statusCode: 200 })),
    beforeSendTransaction(event) {
      counts.scopes++
      for (const { op, description } of event.spans)
        if (op === 'db' && /^select/i.test(description)) counts.statements++
      return event
    },
  })
  return {
    scope: (name, run) => Sentry.startSpan({ name, op: 'http.server', forceTransaction: true }, () => run()),
    flush: () => Sentry.flush(5_000),
    counts: () => ({ ...counts }),
  }
}
