import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Attribute = string | number | boolean | readonly Attribute[]
export type Attributes = Readonly<Record<string, Attribute>>

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly scope: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly status: { readonly code?: number; readonly message?: string }
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
}

export interface ReceivedLog {
  readonly eventName: string | undefined
  readonly severityNumber: number
  readonly body: Attribute | undefined
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly attributes: Attributes
}

export interface ReceivedPoint {
  readonly scope: string
  readonly metric: string
  readonly unit: string
  readonly attributes: Attributes
  readonly value: number | undefined
  readonly count: number | undefined
  readonly sum: number | undefined
  readonly bounds: readonly number[] | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON, read where it is named
type Any = any

/** A receiver of OTLP over HTTP, as JSON: what exporters send to a collector. */
export class Receiver {
  readonly spans: ReceivedSpan[] = []
  readonly logs: ReceivedLog[] = []
  /** Of the last export of each metric. */
  points: ReceivedPoint[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body: Any = JSON.parse(await textOf(request))
      if (request.url === '/v1/traces') this.spans.push(...body.resourceSpans.flatMap(spansOf))
      if (request.url === '/v1/logs') this.logs.push(...body.resourceLogs.flatMap(logsOf))
      if (request.url === '/v1/metrics') this.points = body.resourceMetrics.flatMap(pointsOf)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

function spansOf({ scopeSpans }: Any): ReceivedSpan[] {
  return scopeSpans.flatMap(({ scope, spans }: Any) =>
    spans.map((span: Any) => ({
      scope: scope.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId || undefined,
      name: span.name,
      kind: span.kind,
      startMs: Number(span.startTimeUnixNano) / 1e6,
      endMs: Number(span.endTimeUnixNano) / 1e6,
      attributes: attributesOf(span.attributes),
      status: span.status ?? {},
      events: (span.events ?? []).map(({ name, attributes }: Any) => ({ name, attributes: attributesOf(attributes) })),
    })),
  )
}

function logsOf({ scopeLogs }: Any): ReceivedLog[] {
  return scopeLogs.flatMap(({ logRecords }: Any) =>
    logRecords.map((log: Any) => ({
      eventName: log.eventName,
      severityNumber: log.severityNumber,
      body: readValue(log.body),
      traceId: log.traceId || undefined,
      spanId: log.spanId || undefined,
      attributes: attributesOf(log.attributes),
    })),
  )
}

function pointsOf({ scopeMetrics }: Any): ReceivedPoint[] {
  return scopeMetrics.flatMap(({ scope, metrics }: Any) =>
    metrics.flatMap(({ name, unit, sum, gauge, histogram }: Any) =>
      (sum ?? gauge ?? histogram).dataPoints.map((point: Any) => ({
        scope: scope.name,
        metric: name,
        unit,
        attributes: attributesOf(point.attributes),
        value: point.asInt === undefined ? point.asDouble : Number(point.asInt),
        count: point.count === undefined ? undefined : Number(point.count),
        sum: point.sum,
        bounds: point.explicitBounds,
      })),
    ),
  )
}

function attributesOf(list: Any): Attributes {
  return Object.fromEntries((list ?? []).map(({ key, value }: Any) => [key, readValue(value)]))
}

function readValue(value: Any): Any {
  if (value === undefined) return undefined
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(readValue)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.doubleValue ?? value.boolValue
}
