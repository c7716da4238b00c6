const http = require('node:http')

/** A receiver of OTLP over HTTP, as JSON: what a collector is for the SDK. Keeps what it gets. */
exports.startReceiver = async function startReceiver() {
  const spans = []
  const events = []
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const body = JSON.parse(text)
    for (const { resource, scopeSpans = [] } of body.resourceSpans ?? []) {
      const service = valuesOf(resource.attributes)['service.name']
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({ ...span, service, attributes: valuesOf(span.attributes), durationMs: durationOf(span) })
      }
    }
    for (const { scopeLogs = [] } of body.resourceLogs ?? []) {
      for (const log of scopeLogs.flatMap((scope) => scope.logRecords)) {
        events.push({ ...log, attributes: valuesOf(log.attributes) })
      }
    }
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    spans,
    events,
    endpoint: `http://127.0.0.1:${server.address().port}`,
    stop: () => server.close(),
  }
}

function durationOf({ startTimeUnixNano, endTimeUnixNano }) {
  return Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6
}

function valuesOf(attributes) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOfAttribute(value)]))
}

function valueOfAttribute(value) {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOfAttribute)
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue)
}
