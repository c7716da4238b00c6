import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Scope } from './scope.ts'
import { reportFailure, state } from './state.ts'

const NAME = 'Server-Timing'

type Headers = OutgoingHttpHeaders | readonly unknown[]

/**
 * Adds the header to an answer over HTTP/1. Everything that sends a head goes through `writeHead` of the response: by
 * itself, or called by `write`, `end` and `flushHeaders` where the application does not.
 */
export function timeResponse(response: ServerResponse, scope: Scope): void {
  const { writeHead } = response
  function timedWriteHead(this: ServerResponse, ...args: unknown[]): unknown {
    const timing = this.headersSent || Number(args[0]) < 200 ? undefined : timingOf(scope)
    const timed = timing === undefined ? args : guarded(args, () => withTiming(this, args, timing))
    return Reflect.apply(writeHead, this, timed)
  }
  setOwn(response, 'writeHead', timedWriteHead)
}

/** The same over HTTP/2, where requests and streams send their head through `respond`; files that Node sends do not. */
export function timeStream(stream: ServerHttp2Stream, scope: Scope): void {
  const { respond } = stream
  function timedRespond(this: ServerHttp2Stream, ...args: unknown[]): unknown {
    const timing = this.headersSent ? undefined : timingOf(scope)
    const headers = args[0] as Headers | undefined
    const timed =
      timing === undefined
        ? args
        : guarded(args, () => [addTo(headers ?? { ':status': 200 }, timing, undefined), ...args.slice(1)])
    return Reflect.apply(respond, this, timed)
  }
  setOwn(stream, 'respond', timedRespond)
}

function withTiming(response: ServerResponse, args: readonly unknown[], timing: string): readonly unknown[] {
  // headers are the third argument, or the second where there is no text of the status; the third goes before
  const at = typeof args[1] === 'object' && args[1] !== null && (args[2] ?? undefined) === undefined ? 1 : 2
  const headers = args[at] as Headers | undefined
  if (typeof headers !== 'object' || headers === null) {
    response.appendHeader(NAME, timing)
    return args
  }
  const timed = [...args]
  timed[at] = addTo(headers, timing, response.getHeader(NAME))
  return timed
}

/**
 * A copy of headers with one more entry; what the application says stays in front.
 *
 * @param before what was set on the response, which headers that are handed over replace.
 */
function addTo(headers: Headers, timing: string, before: unknown): Headers {
  if (Array.isArray(headers)) return addToList(headers, timing, before)
  const given = headers as OutgoingHttpHeaders
  const name = Object.keys(given).find(isName)
  const own = name === undefined ? before : given[name]
  return { ...given, [name ?? NAME]: own === undefined ? timing : [...[own].flat().map(String), timing] }
}

/** Names and values in turn, or a pair each; in one entry, since on Node 20 the last one of a name replaces the others. */
function addToList(headers: readonly unknown[], timing: string, before: unknown): readonly unknown[] {
  const isPairs = Array.isArray(headers[0])
  const pairs = isPairs ? (headers as readonly unknown[][]) : pairsOf(headers)
  const own = pairs.filter(([name]) => isName(name)).flatMap(([, value]) => value)
  const others = pairs.filter(([name]) => !isName(name))
  const values = [...(own.length > 0 || before === undefined ? own : [before].flat()), timing]
  const timed = [...others, [NAME, values.map(String)]]
  return isPairs ? timed : timed.flat(1)
}

function pairsOf(list: readonly unknown[]): unknown[][] {
  return Array.from({ length: Math.ceil(list.length / 2) }, (_, index) => list.slice(2 * index, 2 * index + 2))
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === 'server-timing'
}

function timingOf(scope: Scope): string | undefined {
  try {
    return scope.isClosed ? undefined : state.serverTiming?.(scope)
  } catch (error) {
    reportFailure('server timing', error)
    return undefined
  }
}

function guarded(args: readonly unknown[], change: () => readonly unknown[]): readonly unknown[] {
  try {
    return change()
  } catch (error) {
    reportFailure('server timing', error)
    return args
  }
}

function setOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false })
}
