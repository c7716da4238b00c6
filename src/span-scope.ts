import { pathOf } from './instrument/http-path.ts'
import { namePath } from './instrument/http-route.ts'
import type { ScopeInfo, ScopeKind } from './model/trace.ts'
import type { SpanAttributes } from './sources/database-span.ts'

/** Numbers of the API. */
const SERVER = 1
const CONSUMER = 4

/** A local root, as much of it as its scope is made of. */
export interface LocalRoot {
  readonly name: string
  readonly kind: number
  readonly attributes: SpanAttributes
  /** Since 1970. */
  readonly startMs: number
  readonly endMs: number
  readonly traceId: string
  readonly spanId: string
}

/** The scope of a local root; its id says where it is to be found in a backend. */
export function scopeOfRoot({ name, kind, attributes, startMs, endMs, traceId, spanId }: LocalRoot): ScopeInfo {
  return {
    id: `${traceId}-${spanId}`,
    name: scopeNameOf(name, attributes),
    kind: scopeKindOf(kind),
    startedAt: new Date(startMs).toISOString(),
    durationMs: endMs - startMs,
    attributes: scopeAttributesOf(attributes),
  }
}

/** A request, a message or job, or merely a trace. */
function scopeKindOf(spanKind: number): ScopeKind {
  if (spanKind === SERVER) return 'request'
  return spanKind === CONSUMER ? 'job' : 'trace'
}

/** A name by method alone says nothing: with the route, else the path with what varies taken out. */
function scopeNameOf(name: string, attributes: SpanAttributes): string {
  const method = attributes['http.request.method'] ?? attributes['http.method']
  const route = attributes['http.route']
  if (typeof method !== 'string') return name
  if (typeof route === 'string' && route !== '') return name.includes(route) ? name : `${method} ${route}`
  const path = attributes['url.path'] ?? attributes['http.target']
  return name === method && typeof path === 'string' ? `${method} ${namePath(pathOf(path))}` : name
}

/** Attributes that a report keeps, by their stable names; each has few values, and none holds anybody's data. */
const KEPT: Readonly<Record<string, string>> = {
  'http.request.method': 'http.request.method',
  'http.method': 'http.request.method',
  'http.route': 'http.route',
  'http.response.status_code': 'http.response.status_code',
  'http.status_code': 'http.response.status_code',
  'error.type': 'error.type',
  'messaging.system': 'messaging.system',
  'messaging.destination.name': 'messaging.destination.name',
  'messaging.operation.name': 'messaging.operation.name',
  'rpc.system': 'rpc.system',
  'rpc.service': 'rpc.service',
  'rpc.method': 'rpc.method',
  'graphql.operation.name': 'graphql.operation.name',
  'faas.trigger': 'faas.trigger',
}

function scopeAttributesOf(attributes: SpanAttributes): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, stable] of Object.entries(KEPT)) {
    const value = attributes[name]
    if (typeof value === 'string' || typeof value === 'number') kept[stable] ??= value
  }
  return kept
}
