import { registeredApi } from './api.ts'
import type { Providers } from './providers.ts'

/** First minor of the API that has metrics, and spans as they are used here. */
const OLDEST_MINOR = 3

/** What to say where nothing can be sent, once work has been done; undefined where it can. */
export function sdkWarning({ tracer, meter, logger }: Providers): string | undefined {
  const api = registeredApi()
  if (api === undefined) {
    if ([tracer, meter, logger].some(({ given }) => given !== undefined)) return undefined
    const start = '`new NodeSDK({ instrumentations: [new NonplusInstrumentation()] }).start()`'
    return `no OpenTelemetry SDK has started in this process, so nothing is sent. Start one before the work begins: ${start}.`
  }
  const minor = Number(api.version.split('.')[1])
  if (minor >= OLDEST_MINOR) return undefined
  return `@opentelemetry/api ${api.version} is too old: spans and metrics may be missing. Update it to 1.${OLDEST_MINOR} or later.`
}
