import type { Attributes, Context, Span } from '@opentelemetry/api'
import type { StatementMessage } from '../instrument/message.ts'
import type { Scope } from '../instrument/scope.ts'
import { noteLoss, reportFailure } from '../instrument/state.ts'
import type { Finding, Severity } from '../model/finding.ts'
import type { ReportScope } from '../model/report.ts'
import type { ScopeRecord } from '../recorder.ts'
import type { ScopeResult } from '../scope-result.ts'
import { withSpan } from './api.ts'
import { enclosingSpanOf } from './enclosing-span.ts'
import { findingAttributes, scopeAttributes } from './finding-attributes.ts'
import type { Providers } from './providers.ts'
import { spanIdOf } from './statement-spans.ts'

/** Name of the event of a finding; fixed, as backends group by it. */
export const FINDING_EVENT = 'nonplus.finding'

/** Findings of one scope that become events; a scope with more has one cause. The attributes count them all. */
const MAX_EVENTS = 20

/** Spans that an event names: enough to open one, and no more than a backend shows in a line. */
export const MAX_SPAN_IDS = 5

/** Numbers of the logs data model. */
export const SEVERITY_NUMBERS: Readonly<Record<Severity, number>> = { error: 17, warning: 13, info: 9 }

/** Puts what was found in a scope on the span around it, and sends an event per finding. */
export class FindingEvents {
  readonly #providers: Providers
  readonly #asSpanEvents: boolean

  /** @param asSpanEvents also as events of the span, for backends that take no logs. */
  constructor(providers: Providers, asSpanEvents: boolean) {
    this.#providers = providers
    this.#asSpanEvents = asSpanEvents
  }

  /** Puts on the span around a scope, which is about to end, what was found in it so far. */
  mark(scope: Scope, record: ScopeRecord | undefined, result: ScopeResult): void {
    const around = enclosingSpanOf(scope)
    if (around === undefined) return
    around.counted = result.scope.queries.count
    around.span.setAttributes(scopeAttributes(result.scope, result.findings))
    if (!this.#asSpanEvents) return
    for (const finding of result.findings.slice(0, MAX_EVENTS)) {
      around.span.addEvent(FINDING_EVENT, findingAttributes(finding, result.scope, spanIdsOf(finding, record)))
    }
  }

  /** @param record still with its messages, which tell the spans. */
  send(scope: Scope, record: ScopeRecord | undefined, result: ScopeResult): void {
    const around = enclosingSpanOf(scope)
    if (around?.span.isRecording()) around.span.setAttributes(scopeAttributes(result.scope, result.findings))
    const uncounted = around?.counted === undefined ? 0 : result.scope.queries.count - around.counted
    if (uncounted > 0)
      noteLoss('queries were sent after the span around their job had ended, and are not counted on it', uncounted)
    const unsent = result.findings.length - MAX_EVENTS
    if (unsent > 0) noteLoss('findings of one scope were not sent as events, beyond the first 20', unsent)
    for (const finding of result.findings.slice(0, MAX_EVENTS)) {
      try {
        const attributes = findingAttributes(finding, result.scope, spanIdsOf(finding, record))
        emitFinding(this.#providers, finding, attributes, around && contextWith(around))
        if (this.#asSpanEvents && around?.span.isRecording()) around.span.addEvent(FINDING_EVENT, attributes)
      } catch (error) {
        reportFailure('OpenTelemetry event', error)
      }
    }
  }
}

/** What findings of spans are sent with. */
export interface EmitOptions {
  readonly scope: ReportScope
  /** With the span around the scope in it. */
  readonly context: Context
  readonly spanIdsOf: (finding: Finding) => readonly string[]
}

/**
 * Sends an event per finding, of a scope with many for the first ones.
 *
 * @returns how many were not sent.
 */
export function emitFindings(
  providers: Providers,
  findings: readonly Finding[],
  { scope, context, spanIdsOf }: EmitOptions,
): number {
  for (const finding of findings.slice(0, MAX_EVENTS)) {
    const attributes = findingAttributes(finding, scope, spanIdsOf(finding).slice(0, MAX_SPAN_IDS))
    emitFinding(providers, finding, attributes, context)
  }
  return Math.max(0, findings.length - MAX_EVENTS)
}

function emitFinding(
  { logger }: Providers,
  finding: Finding,
  attributes: Attributes,
  context: Context | undefined,
): void {
  logger.get()?.emit({
    eventName: FINDING_EVENT,
    severityNumber: SEVERITY_NUMBERS[finding.severity],
    severityText: finding.severity.toUpperCase(),
    body: finding.title,
    attributes: attributes as Record<string, string>,
    ...(context === undefined ? {} : { context }),
  })
}

function contextWith({ context, span }: { readonly context: Context; readonly span: Span }): Context {
  return withSpan(context, span)
}

/** Executions of a finding are numbered in the order of the trace, which is that of the record once it was judged. */
function spanIdsOf({ executions }: Finding, record: ScopeRecord | undefined): string[] {
  // with parts, the numbers may be those of a part
  if (record === undefined || record.parts.length > 0) return []
  const ids: string[] = []
  for (const id of executions) {
    const message: StatementMessage | undefined = record.messages[id]
    const spanId = message === undefined ? undefined : spanIdOf(message)
    if (spanId !== undefined) ids.push(spanId)
    if (ids.length === MAX_SPAN_IDS) break
  }
  return ids
}
