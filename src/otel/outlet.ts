import type { Context } from '@opentelemetry/api'
import {
  scopeEnd,
  statementEnd,
  statementStart,
  strayEnd,
  strayStart,
  subscribeGuarded,
} from '../instrument/channel.ts'
import type { StatementMessage } from '../instrument/message.ts'
import type { Scope } from '../instrument/scope.ts'
import { state, type TracerContexts } from '../instrument/state.ts'
import { type ProfilerOptions, pickOptions } from '../options.ts'
import type { ScopeRecord } from '../recorder.ts'
import { resultOf, resultSoFar } from '../scope-result.ts'
import { writeText } from '../write-text.ts'
import { activeContext, registeredApi } from './api.ts'
import { onEarlyEnd } from './early-end.ts'
import { contextOf, leaveSpanOf, type UnsampledMode } from './enclosing-span.ts'
import { FindingEvents } from './finding-events.ts'
import type { OtelOptions } from './otel-options.ts'
import { PoolMetrics } from './pool-metrics.ts'
import type { Providers } from './providers.ts'
import { ScopeMetrics } from './scope-metrics.ts'
import { sdkWarning } from './sdk-warning.ts'
import { StatementMetrics } from './statement-metrics.ts'
import { endAbandoned, StatementSpans } from './statement-spans.ts'

interface Metrics {
  readonly statements: StatementMetrics
  readonly scopes: ScopeMetrics
  readonly pools: PoolMetrics
}

/** Listens to what nonplus sees, and hands it to OpenTelemetry; from when it is made until it is stopped. */
export class Outlet {
  readonly #options: ProfilerOptions
  readonly #unsampled: UnsampledMode
  readonly #spans: StatementSpans | undefined
  readonly #findings: FindingEvents | undefined
  readonly #metrics: Metrics | undefined
  readonly #providers: Providers
  readonly #stops: (() => void)[] = []
  #hasLooked = false

  constructor(providers: Providers, options: OtelOptions) {
    const { spans = 'auto', findings = true, spanEvents = false, metrics = true, unsampled = 'count' } = options
    this.#unsampled = unsampled
    this.#providers = providers
    this.#options = pickOptions(options)
    if (spans !== false) this.#spans = new StatementSpans(providers, spans, unsampled)
    if (findings) this.#findings = new FindingEvents(providers, spanEvents)
    if (metrics) {
      const [statements, scopes] = [new StatementMetrics(providers), new ScopeMetrics(providers)]
      this.#metrics = { statements, scopes, pools: new PoolMetrics(providers) }
    }
    state.contexts = spans === false ? { active: activeContext, run: callAsIs } : { active: activeContext, run: callIn }
    if (this.#findings !== undefined) onEarlyEnd((scope) => this.#mark(scope))
    this.#listen()
  }

  stop(): void {
    onEarlyEnd(undefined)
    for (const stop of this.#stops.splice(0)) stop()
    this.#spans?.flush()
    this.#metrics?.pools.stop()
    state.contexts = undefined
  }

  #listen(): void {
    this.#stops.push(
      subscribeGuarded<StatementMessage>(statementStart, (message) => this.#start(message)),
      subscribeGuarded<StatementMessage>(statementEnd, (message) => this.#end(message)),
      subscribeGuarded<Scope>(scopeEnd, (scope) => this.#close(scope)),
    )
    if (this.#spans === undefined && this.#metrics === undefined) return
    this.#stops.push(
      subscribeGuarded<StatementMessage>(strayStart, (message) => this.#start(message)),
      subscribeGuarded<StatementMessage>(strayEnd, (message) => this.#end(message)),
    )
  }

  #start(message: StatementMessage): void {
    if (this.#spans === undefined) contextOf(message, this.#unsampled)
    else this.#spans.start(message)
  }

  #end(message: StatementMessage): void {
    this.#spans?.end(message)
    this.#metrics?.statements.record(message)
    // a filed one has been given to its scope, or let go of, by now
    if (message.isStray) message.result = undefined
  }

  /** An SDK starts before the work does, but not before us. */
  #warnOnce(): void {
    if (this.#hasLooked) return
    this.#hasLooked = true
    const warning = sdkWarning(this.#providers)
    if (warning !== undefined) writeText(2, `nonplus: ${warning}\n`)
  }

  /** The span around a scope ends, and the scope goes on. */
  #mark(scope: Scope): void {
    const record = scope.record as ScopeRecord | undefined
    if (record !== undefined && !isPartOfTest(scope)) {
      this.#findings?.mark(scope, record, resultSoFar(scope, this.#options))
    }
  }

  #close(scope: Scope): void {
    const record = scope.record as ScopeRecord | undefined
    leaveSpanOf(scope)
    if (isPartOfTest(scope)) return
    this.#warnOnce()
    if (record === undefined && scope.kind !== 'request') return
    if (this.#findings !== undefined || this.#metrics !== undefined) {
      const result = resultOf(scope, this.#options)
      this.#findings?.send(scope, record, result)
      this.#metrics?.scopes.record(result)
    }
    if (this.#spans === undefined || record === undefined) return
    for (const message of record.messages) endAbandoned(message, scope.endedAt)
  }
}

/** Tests have their own reports. */
function isPartOfTest({ kind, parent }: Scope): boolean {
  return kind === 'test' || parent?.kind === 'test'
}

const callAsIs: TracerContexts['run'] = (_context, fn, self, args) => Reflect.apply(fn, self, args)

const callIn: TracerContexts['run'] = (context, fn, self, args) => {
  const manager = registeredApi()?.context
  if (manager === undefined || manager.active() === context) return Reflect.apply(fn, self, args)
  return manager.with(context as Context, fn as (...all: unknown[]) => unknown, self, ...Array.from(args))
}
