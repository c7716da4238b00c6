import type { Attributes, Histogram, Meter } from '@opentelemetry/api'
import type { StatementMessage } from '../instrument/message.ts'
import { BoundedNames, OTHER } from './bounded-names.ts'
import { errorAttributes } from './error-attributes.ts'
import { poolNameOf } from './pool-metrics.ts'
import type { Providers } from './providers.ts'
import { describeStatement } from './statement-attributes.ts'

/** Shapes of statements that have a series of their own; an application has some hundred, generated ones have no end. */
const MAX_SUMMARIES = 500

/** By the conventions. */
const DURATION_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** Drivers whose instrumentation measures the same; that of the others makes spans only. */
const MEASURED_ELSEWHERE: ReadonlySet<string> = new Set(['pg', 'pg-pool'])

/** True where the instrumentation that wraps a driver has its metrics, too. */
export function isMeasuredElsewhere({ driver, through }: Pick<StatementMessage, 'driver' | 'through'>): boolean {
  return MEASURED_ELSEWHERE.has(driver.name) && driver.isTraced?.(through) === true
}

/** `db.client.operation.duration`, and how long statements waited for a connection of a pool. */
export class StatementMetrics {
  readonly #providers: Providers
  readonly #summaries = new BoundedNames(MAX_SUMMARIES)
  #meter: Meter | undefined
  #duration: Histogram | undefined
  #waitTime: Histogram | undefined

  constructor(providers: Providers) {
    this.#providers = providers
  }

  record(message: StatementMessage): void {
    this.#prepare()
    if (this.#duration === undefined || isMeasuredElsewhere(message)) return
    const { startedAt, acquiredAt, endedAt, through, driver } = message
    this.#duration.record((endedAt - startedAt) / 1_000, this.#attributesOf(message))
    if (acquiredAt === 0 || through === undefined || driver.poolStateOf?.(through) === undefined) return
    this.#waitTime?.record((acquiredAt - startedAt) / 1_000, {
      'db.client.connection.pool.name': poolNameOf(through, driver),
    })
  }

  #attributesOf(message: StatementMessage): Attributes {
    const { dimensions } = describeStatement(message)
    const summary = dimensions['db.query.summary']
    const isKnown = summary === undefined || this.#summaries.of(String(summary)) !== OTHER
    const attributes = isKnown ? dimensions : withoutNames(dimensions)
    if (message.error === undefined) return attributes
    return { ...attributes, ...errorAttributes(message.error, message.driver.dialect) }
  }

  #prepare(): void {
    const meter = this.#providers.meter.get()
    if (meter === undefined || meter === this.#meter) return
    this.#meter = meter
    this.#duration = meter.createHistogram('db.client.operation.duration', {
      unit: 's',
      description: 'Duration of database client operations.',
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    })
    this.#waitTime = meter.createHistogram('db.client.connection.wait_time', {
      unit: 's',
      description: 'The time it took to obtain an open connection from the pool.',
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    })
  }
}

function withoutNames(dimensions: Attributes): Attributes {
  const { 'db.collection.name': _, 'db.stored_procedure.name': __, ...rest } = dimensions
  return { ...rest, 'db.query.summary': OTHER }
}
