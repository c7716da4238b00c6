import type { LoggerProvider, MeterProvider, TracerProvider } from '@opentelemetry/api'
import { state } from '../instrument/state.ts'
import { pickOptions } from '../options.ts'
import { startWatching } from '../start-watching.ts'
import { version } from '../version.ts'
import { checkOtelOptions, type OtelOptions } from './otel-options.ts'
import { Outlet } from './outlet.ts'
import { Providers } from './providers.ts'

/** The one that is enabled in this process, whichever copy of nonplus made it. */
const SERVICE = 'otel'

/**
 * nonplus as an instrumentation of OpenTelemetry, for `registerInstrumentations` and the option `instrumentations` of
 * `NodeSDK`: spans of statements, findings on the span of the request and as events, metrics.
 *
 * It may be made before the SDK starts; until then nothing is sent. A second one in the same process does nothing.
 */
export class NonplusInstrumentation {
  readonly instrumentationName = 'nonplus'
  readonly instrumentationVersion: string = version
  readonly #providers = new Providers()
  #options: OtelOptions
  #outlet: Outlet | undefined

  /** @throws NonplusError ERR_OPTION_INVALID where an option is unknown or has a wrong value. */
  constructor(options: OtelOptions = {}) {
    this.#options = checkOtelOptions(options)
    if (options.enabled !== false) this.enable()
  }

  /** Begins to watch; does nothing where it has begun, or where `NONPLUS=0`. */
  enable(): void {
    if (this.#outlet !== undefined || process.env.NONPLUS === '0' || state.services.has(SERVICE)) return
    state.services.set(SERVICE, this)
    startWatching(pickOptions(this.#options))
    this.#outlet = new Outlet(this.#providers, this.#options)
  }

  /** Sends nothing from now on. Drivers stay hooked, since others may watch them too. */
  disable(): void {
    if (this.#outlet === undefined) return
    this.#outlet.stop()
    this.#outlet = undefined
    state.services.delete(SERVICE)
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#providers.tracer.given = provider
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#providers.meter.given = provider
  }

  setLoggerProvider(provider: LoggerProvider): void {
    this.#providers.logger.given = provider
  }

  getConfig(): OtelOptions {
    return { ...this.#options, enabled: this.#options.enabled ?? true }
  }

  /** @throws NonplusError as the constructor does. */
  setConfig(options: OtelOptions = {}): void {
    this.#options = checkOtelOptions(options)
    if (this.#outlet === undefined) return
    this.disable()
    this.enable()
  }
}
