import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api'
import type { ReportScope } from '../model/report.ts'
import type { ScopeResult } from '../scope-result.ts'
import { BoundedNames } from './bounded-names.ts'
import type { Providers } from './providers.ts'

/** Routes and jobs that have a series of their own. */
const MAX_NAMES = 200

/** One query is what a page that loads one thing needs; a hundred is a loop. */
const QUERY_BOUNDS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

/** `nonplus.request.queries` and `nonplus.findings`, by the name of the scope. */
export class ScopeMetrics {
  readonly #providers: Providers
  readonly #names = new BoundedNames(MAX_NAMES)
  #meter: Meter | undefined
  #queries: Histogram | undefined
  #findings: Counter | undefined

  constructor(providers: Providers) {
    this.#providers = providers
  }

  record({ scope, findings }: ScopeResult): void {
    this.#prepare()
    const attributes = this.#attributesOf(scope)
    this.#queries?.record(scope.queries.count, attributes)
    for (const { kind, confidence } of findings) {
      this.#findings?.add(1, {
        ...attributes,
        'nonplus.finding.kind': kind,
        'nonplus.finding.confidence': confidence,
      })
    }
  }

  #attributesOf({ name, kind, attributes }: ReportScope): Attributes {
    const route = attributes['http.route']
    const bounded = this.#names.of(name)
    return {
      'nonplus.scope.name': bounded,
      'nonplus.scope.kind': kind,
      ...(typeof route === 'string' && bounded === name ? { 'http.route': route } : {}),
    }
  }

  #prepare(): void {
    const meter = this.#providers.meter.get()
    if (meter === undefined || meter === this.#meter) return
    this.#meter = meter
    this.#queries = meter.createHistogram('nonplus.request.queries', {
      unit: '{query}',
      description: 'Queries of one request or job.',
      advice: { explicitBucketBoundaries: QUERY_BOUNDS },
    })
    this.#findings = meter.createCounter('nonplus.findings', {
      unit: '{finding}',
      description: 'Findings, by kind, confidence and scope.',
    })
  }
}
