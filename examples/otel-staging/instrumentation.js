// What a service under OpenTelemetry has already; nonplus is one more line. Loaded first: node --require ./instrumentation.js
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { NonplusInstrumentation } = require('nonplus/otel')

const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new NonplusInstrumentation()],
})
sdk.start()

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => sdk.shutdown().finally(() => process.exit()))
}
