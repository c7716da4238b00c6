// Starts an SDK as an application does it, with the instrumentations named in OTEL_WITH, in this order.
const { createRequire } = require('node:module')

// the packages of this folder, or of the one with the next major
const load = createRequire(process.env.OTEL_PACKAGES)
const { NodeSDK } = load('@opentelemetry/sdk-node')
const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http')

const makers = {
  pg: () => new (load('@opentelemetry/instrumentation-pg').PgInstrumentation)(),
  mysql2: () => new (load('@opentelemetry/instrumentation-mysql2').MySQL2Instrumentation)(),
  tedious: () => new (load('@opentelemetry/instrumentation-tedious').TediousInstrumentation)(),
  nonplus() {
    const { NonplusInstrumentation } = require('../../dist/otel.cjs')
    return new NonplusInstrumentation(JSON.parse(process.env.OTEL_NONPLUS ?? '{}'))
  },
}

const names = process.env.OTEL_WITH.split(',').filter(Boolean)
const instrumentations = [new HttpInstrumentation(), ...names.map((name) => makers[name]())]

/** Samples all, and notes what it was asked with. */
const asked = []
const sampler = {
  shouldSample(_context, _traceId, name, _kind, attributes) {
    if ('db.system.name' in attributes) asked.push({ name, attributes: { ...attributes } })
    return { decision: 2 }
  },
  toString: () => 'asked',
}

/** The head wants nothing; what has a proven finding is kept. */
function tail() {
  const { NonplusTailProcessor, NonplusTailSampler } = require('../../dist/otel.cjs')
  const { AlwaysOffSampler, BatchSpanProcessor } = load('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = load('@opentelemetry/exporter-trace-otlp-http')
  return {
    sampler: new NonplusTailSampler(new AlwaysOffSampler()),
    spanProcessors: [new NonplusTailProcessor(new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }))],
  }
}

/** A span as the application makes it, in the context it is in. */
globalThis.makeSpan = (name) => load('@opentelemetry/api').trace.getTracer('app').startSpan(name).end()

const isTail = process.env.OTEL_TAIL === '1'
const sampling = isTail ? tail() : process.env.OTEL_TRACES_SAMPLER === undefined ? { sampler } : {}
const sdk = new NodeSDK({ instrumentations, ...sampling })
sdk.start()
globalThis.stopSdk = async () => {
  await sdk.shutdown()
  return { asked }
}
