// Starts a receiver and the two services, visits the cart, and prints the trace as it was received.
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { printTrace } = require('./print-trace.js')
const { startReceiver } = require('./receiver.js')

async function startService(name, endpoint, env = {}) {
  const service = fork(`${__dirname}/${name}.js`, {
    execArgv: ['--require', './instrumentation.js'],
    cwd: __dirname,
    env: {
      ...process.env,
      ...env,
      OTEL_SERVICE_NAME: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_LOGS_EXPORTER: 'otlp',
    },
  })
  const [url] = await once(service, 'message')
  return { url, stop: () => service.kill('SIGTERM') && once(service, 'exit') }
}

async function start() {
  const receiver = await startReceiver()
  const prices = await startService('prices', receiver.endpoint)
  const shop = await startService('shop', receiver.endpoint, { PRICES_URL: prices.url })
  const response = await fetch(`${shop.url}/cart`)
  const cart = await response.json()
  await Promise.all([shop.stop(), prices.stop()])
  receiver.stop()
  console.log(`a cart of ${cart.length} products\n`)
  console.log(printTrace(receiver))
}

start()
