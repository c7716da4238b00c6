import type { Logger, LoggerProvider, Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'
import { version } from '../version.ts'
import { registeredApi, registeredLogs } from './api.ts'

const NAME = 'nonplus'

/** A provider, and what was got from it. */
class Source<Provider extends object, Product> {
  /** Given by hand; else the one that is registered, whenever that is. */
  given: Provider | undefined
  #provider: Provider | undefined
  #product: Product | undefined
  readonly #registered: () => Provider | undefined
  readonly #make: (provider: Provider) => Product

  constructor(registered: () => Provider | undefined, make: (provider: Provider) => Product) {
    this.#registered = registered
    this.#make = make
  }

  get(): Product | undefined {
    const provider = this.given ?? this.#registered()
    if (provider === undefined) return undefined
    if (provider !== this.#provider) {
      this.#product = this.#make(provider)
      this.#provider = provider
    }
    return this.#product
  }
}

/** Where spans, events and metrics go; each is undefined until an SDK has started. */
export class Providers {
  readonly tracer: Source<TracerProvider, Tracer> = new Source(
    () => registeredApi()?.trace,
    (provider) => provider.getTracer(NAME, version),
  )
  readonly meter: Source<MeterProvider, Meter> = new Source(
    () => registeredApi()?.metrics,
    (provider) => provider.getMeter(NAME, version),
  )
  readonly logger: Source<LoggerProvider, Logger> = new Source(registeredLogs, (provider) =>
    provider.getLogger(NAME, version),
  )
}
