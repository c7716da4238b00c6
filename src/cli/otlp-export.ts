import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import type { Attributes } from '@opentelemetry/api'
import { NonplusError } from '../model/errors.ts'
import { exportOf } from '../otel/otlp-json.ts'
import { version } from '../version.ts'
import { LogTail } from './log-tail.ts'

/** How often what was logged is sent, while the program runs. */
const INTERVAL_MS = 1_000

/** How long a receiver is waited for; at the end of a run the user waits, too. */
const TIMEOUT_MS = 5_000

/** Where spans and events are sent. */
export interface OtlpTarget {
  /** Without `/v1/traces`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Reads `--otlp`, and the headers of `OTEL_EXPORTER_OTLP_HEADERS`.
 *
 * @throws NonplusError ERR_OPTION_INVALID where the endpoint is no URL of HTTP.
 */
export function parseOtlpTarget(
  text: string,
  { OTEL_EXPORTER_OTLP_HEADERS: headers = '' }: NodeJS.ProcessEnv,
): OtlpTarget {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  if (!isHttp) {
    const wanted = 'the URL of a receiver of OTLP over HTTP, as in http://localhost:4318'
    throw new NonplusError('ERR_OPTION_INVALID', `--otlp must be ${wanted}, but got: ${text}.`)
  }
  return { endpoint: text.replace(/(\/v1\/(traces|logs))?\/*$/, ''), headers: parseHeaders(headers) }
}

/** `name=value` pairs with commas between them, percent-encoded as baggage is. */
function parseHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((pair) => {
      const cut = pair.indexOf('=')
      return cut < 1 ? [] : [[pair.slice(0, cut).trim(), decode(pair.slice(cut + 1).trim())]]
    }),
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What is being sent; a request that was answered is taken off. */
interface Pending {
  readonly requests: { readonly path: string; readonly body: object }[]
  readonly done: () => void
}

/** Sends what the processes of a run log, while it goes on and at its end. The program never waits for it. */
export class OtlpExport {
  readonly #target: OtlpTarget
  readonly #tail: LogTail
  readonly #timer: NodeJS.Timeout
  readonly #resource: Attributes
  #turn: Promise<void> = Promise.resolve()
  #isBusy = false
  #pending: Pending | undefined
  #failure: string | undefined
  #refused = 0
  /** Statements that no span was made of, and the scopes they are of. */
  readonly #omitted = { statements: 0, scopes: 0 }

  /** @param folder that the processes log into. */
  constructor(target: OtlpTarget, folder: string) {
    this.#target = target
    this.#tail = new LogTail(folder)
    this.#resource = resourceOf(process.env)
    this.#timer = setInterval(() => this.#start(), INTERVAL_MS).unref()
  }

  /**
   * Sends the rest.
   *
   * @returns what is missing at the receiver, a sentence each; empty where it has all.
   */
  async finish(): Promise<string[]> {
    clearInterval(this.#timer)
    await this.#turn
    await this.#sendAll()
    const { endpoint } = this.#target
    const losses: string[] = []
    if (this.#failure !== undefined) {
      const left = this.#countLeft()
      losses.push(`could not send to ${endpoint}: ${this.#failure}. ${scopesWere(left)} not sent.`)
    } else if (this.#refused > 0)
      losses.push(`${endpoint} refused ${this.#refused} of the spans and events it was sent.`)
    return [...losses, ...this.#boundNotes()]
  }

  /** What was not meant to be sent, since there was too much of it. */
  *#boundNotes(): Generator<string> {
    const { statements, scopes } = this.#omitted
    if (statements > 0) {
      yield `${statements} statements of ${scopes === 1 ? '1 scope' : `${scopes} scopes`} have no span: each process makes ` +
        'them of the first 1,000 of a scope, and of its first 20,000. The span of the scope counts the others, in ' +
        'nonplus.db.query.omitted.'
    }
    const summed = this.#tail.countSummedUp()
    if (summed > 0)
      yield `${scopesWere(summed)} not sent: of each process the first 10,000 are, and those with findings.`
  }

  #start(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#turn = this.#sendAll().finally(() => {
      this.#isBusy = false
    })
  }

  /** Until there is nothing, or the receiver fails: what is left is tried again at the next turn. */
  async #sendAll(): Promise<void> {
    try {
      for (this.#pending ??= this.#next(); this.#pending !== undefined; this.#pending = this.#next()) {
        const { requests, done } = this.#pending
        for (let request = requests[0]; request !== undefined; request = requests[0]) {
          await this.#post(request.path, request.body)
          requests.shift()
        }
        done()
      }
      this.#failure = undefined
    } catch (error) {
      this.#failure = reasonOf(error)
    }
  }

  #next(): Pending | undefined {
    const part = this.#tail.next()
    if (part === undefined) return undefined
    for (const { omittedExecutions = 0 } of part.scopes.map(({ scope }) => scope)) {
      this.#omitted.statements += omittedExecutions
      if (omittedExecutions > 0) this.#omitted.scopes++
    }
    const { traces, logs } = exportOf(part.scopes, this.#resource, (bytes) => randomBytes(bytes).toString('hex'))
    const requests = [{ path: '/v1/traces', body: traces }]
    if (logs !== undefined) requests.push({ path: '/v1/logs', body: logs })
    return { requests, done: part.done }
  }

  async #post(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.#target.endpoint}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': `nonplus/${version}`, ...this.#target.headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    this.#refused += refusedIn(text)
  }

  #countLeft(): number {
    let count = 0
    for (let part = this.#tail.next(); part !== undefined; part = this.#tail.next()) {
      count += part.scopes.length
      part.done()
    }
    return count
  }
}

function scopesWere(count: number): string {
  return count === 1 ? '1 scope was' : `${count} scopes were`
}

/** A receiver may take a part, and says so in its answer. */
function refusedIn(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: Record<string, unknown> }
    return Number(partialSuccess?.rejectedSpans ?? partialSuccess?.rejectedLogRecords ?? 0)
  } catch {
    return 0
  }
}

/** What `fetch` says is that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException }
  return cause?.code ?? cause?.message ?? message
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, as every SDK reads them. */
function resourceOf({ OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES = '' }: NodeJS.ProcessEnv): Attributes {
  return {
    'service.name': basename(process.cwd()),
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'nonplus',
    'telemetry.sdk.version': version,
    ...parseHeaders(OTEL_RESOURCE_ATTRIBUTES),
    ...(OTEL_SERVICE_NAME === undefined || OTEL_SERVICE_NAME === '' ? {} : { 'service.name': OTEL_SERVICE_NAME }),
  }
}
