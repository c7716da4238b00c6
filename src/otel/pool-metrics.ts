import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import type { DriverInfo, PoolState } from '../instrument/message.ts'
import { reportFailure, state } from '../instrument/state.ts'
import type { Providers } from './providers.ts'
import { addressOf } from './statement-attributes.ts'
import { isMeasuredElsewhere } from './statement-metrics.ts'

/** Pools that are looked at; an application has a few, and one that makes a pool per request has another problem. */
const MAX_POOLS = 50

interface KnownPool {
  readonly pool: WeakRef<object>
  readonly driver: DriverInfo
}

/** What the pools of one name hold together. */
interface Sums {
  idle: number
  used: number
  pending: number
  max: number
}

/** `db.client.connection.*`, read from the pools whenever the SDK asks. */
export class PoolMetrics {
  readonly #providers: Providers
  readonly #known = new WeakSet<object>()
  #pools: KnownPool[] = []
  #undo: (() => void) | undefined
  #meter: Meter | undefined

  constructor(providers: Providers) {
    this.#providers = providers
    state.onPool = (pool, driver) => {
      try {
        this.#note(pool, driver)
      } catch (error) {
        reportFailure('OpenTelemetry pool', error)
      }
    }
  }

  stop(): void {
    state.onPool = undefined
    this.#undo?.()
    this.#undo = undefined
  }

  #note(pool: object, driver: DriverInfo): void {
    if (!this.#known.has(pool)) {
      this.#known.add(pool)
      this.#pools = this.#pools.filter((known) => known.pool.deref() !== undefined)
      if (this.#pools.length < MAX_POOLS) this.#pools.push({ pool: new WeakRef(pool), driver })
    }
    const meter = this.#providers.meter.get()
    if (meter !== undefined && meter !== this.#meter) this.#observe(meter)
  }

  #observe(meter: Meter): void {
    this.#undo?.()
    this.#meter = meter
    const make = (name: string, unit: string, description: string): Observable =>
      meter.createObservableUpDownCounter(`db.client.connection.${name}`, { unit, description })
    const count = make('count', '{connection}', 'The number of connections that are currently in state described.')
    const max = make('max', '{connection}', 'The maximum number of open connections allowed.')
    const pending = make('pending_requests', '{request}', 'The number of current pending requests for a connection.')
    const observables = [count, max, pending]
    const callback: BatchObservableCallback = (result) => {
      for (const [name, sums] of this.#sums()) {
        const attributes = { 'db.client.connection.pool.name': name }
        result.observe(count, sums.idle, { ...attributes, 'db.client.connection.state': 'idle' })
        result.observe(count, sums.used, { ...attributes, 'db.client.connection.state': 'used' })
        result.observe(max, sums.max, attributes)
        result.observe(pending, sums.pending, attributes)
      }
    }
    meter.addBatchObservableCallback(callback, observables)
    this.#undo = () => meter.removeBatchObservableCallback(callback, observables)
  }

  #sums(): Map<string, Sums> {
    const byName = new Map<string, Sums>()
    for (const { pool: ref, driver } of this.#pools) {
      const pool = ref.deref()
      const now = pool === undefined ? undefined : stateOf(pool, driver)
      if (pool === undefined || now === undefined || isMeasuredElsewhere({ driver, through: pool })) continue
      const name = poolNameOf(pool, driver)
      const sums = byName.get(name) ?? { idle: 0, used: 0, pending: 0, max: 0 }
      byName.set(name, sums)
      for (const key of ['idle', 'used', 'pending', 'max'] as const) sums[key] += now[key]
    }
    return byName
  }
}

/** One pool that cannot be read must not hide the others. */
function stateOf(pool: object, driver: DriverInfo): PoolState | undefined {
  try {
    return driver.poolStateOf?.(pool)
  } catch (error) {
    reportFailure('OpenTelemetry pool', error)
    return undefined
  }
}

/** `address:port/database`, as the conventions name a pool that has no name. */
export function poolNameOf(pool: object, driver: DriverInfo): string {
  const { host = driver.name, port, database } = addressOf(driver, pool) ?? {}
  return `${host}${port === undefined ? '' : `:${port}`}${database === undefined ? '' : `/${database}`}`
}
