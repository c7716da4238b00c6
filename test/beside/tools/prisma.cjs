const { context, trace } = require('@opentelemetry/api')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { PrismaInstrumentation } = require('@prisma/instrumentation')

const spans = []
const collector = {
  onStart: () => {},
  onEnd: (span) => void spans.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
}
new NodeTracerProvider({ spanProcessors: [collector] }).register()
const instrumentation = new PrismaInstrumentation()
registerInstrumentations({ instrumentations: [instrumentation] })

/** Runs `fn` under a span of its own, as a request would be. */
globalThis.besideSpan = (name, fn) =>
  trace.getTracer('beside').startActiveSpan(name, async (span) => {
    try {
      return await fn()
    } finally {
      span.end()
    }
  })

/** Switches the instrumentation off or on. */
globalThis.besideSwitch = (isOn) => (isOn ? instrumentation.enable() : instrumentation.disable())

/** True where the request's own span is the current one. */
globalThis.besideCurrent = () => trace.getSpan(context.active())?.name

/** Spans as sorted lines: the chain of names up to the request, and the attributes with their values. */
globalThis.besideSpans = () => {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  return spans.map((span) => {
    const chain = []
    for (let each = span; each !== undefined; each = byId.get(each.parentSpanContext?.spanId)) chain.push(each.name)
    return `${chain.join(' < ')} | ${JSON.stringify(span.attributes)} | ${span.status.code}`
  })
}
