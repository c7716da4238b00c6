const Sentry = require('@sentry/node')
const { summarize } = require('./summarize.cjs')

const transactions = []
Sentry.init({
  dsn: 'http://key@127.0.0.1:9/1',
  tracesSampleRate: 1,
  traceLifecycle: 'static',
  beforeSendTransaction(event) {
    transactions.push(event)
    return null
  },
})

globalThis.besideSpans = async () => {
  await Sentry.flush(2_000)
  const plain = transactions.flatMap((event) => {
    const { trace } = event.contexts
    const root = {
      id: trace.span_id,
      parent: trace.parent_span_id,
      name: event.transaction,
      text: '',
      target: trace.data?.['http.target'] ?? trace.data?.['url.path'] ?? event.request?.url?.replace(/^.*?:\d+/, ''),
      attributes: '',
      error: '',
    }
    return [root, ...event.spans.map(plainSpan)]
  })
  return summarize(plain)
}

function plainSpan(span) {
  return {
    id: span.span_id,
    parent: span.parent_span_id,
    name: `${span.op}`,
    text: span.description ?? '',
    attributes: Object.keys(span.data ?? {})
      .sort()
      .join(','),
    error: span.status === 'ok' || span.status === undefined ? '' : span.status,
  }
}
