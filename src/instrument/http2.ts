import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { subscribeGuarded } from './channel.ts'
import { bindEmitter, closeHttpScope, type HttpUnit, openHttpScope } from './http-scope.ts'
import { isWrapped, wrapMethod } from './patch.ts'
import type { CallSiteMode } from './scope.ts'
import { timeStream } from './server-timing.ts'
import { reportFailure, state } from './state.ts'

const STREAM_START = 'http2.server.stream.start'

/**
 * Opens a scope for every request over HTTP/2, in both of its interfaces: `stream` events, and requests and responses
 * like those of HTTP/1, which Node makes of the former.
 *
 * Node 22.17 and 24.2 announce streams on a channel. Before, the class of the server has to be hooked, and is at its
 * first connection: loading `node:http2` or `node:net` to get at it costs a good part of the start of nonplus.
 *
 * @returns the undo.
 */
export function watchHttp2(callSites: CallSiteMode): () => void {
  if (!hasChannel()) return watchServers(callSites)
  const onStart = (message: unknown): void => {
    const { stream, headers } = message as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders }
    const unit = openStream(stream, headers, callSites)
    // Node goes on to emit the stream from a tick that it starts in this very call
    if (unit !== undefined) state.storage.enterWith(unit.scope)
  }
  subscribe(STREAM_START, onStart)
  return () => void unsubscribe(STREAM_START, onStart)
}

function hasChannel(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 17)
}

function watchServers(callSites: CallSiteMode): () => void {
  const undos = new Set<() => void>()
  const onSocket = (message: unknown): void => {
    const { server } = (message as { socket: Socket & { readonly server?: Server } }).socket
    if (server === undefined || !isHttp2Server(server)) return
    const prototype = Object.getPrototypeOf(server) as object
    if (!isWrapped(prototype, 'emit')) undos.add(wrapEmit(prototype, callSites))
  }
  undos.add(subscribeGuarded(channel('net.server.socket'), onSocket))
  return () => {
    for (const undo of undos) undo()
  }
}

function isHttp2Server(server: object): boolean {
  return /^Http2(Secure)?Server$/.test(server.constructor.name)
}

function wrapEmit(prototype: object, callSites: CallSiteMode): () => void {
  return wrapMethod(prototype, 'emit', (original, wrapping) => {
    return function emit(this: unknown, ...args) {
      const [type, stream, headers] = args
      const isStream = wrapping.isActive && type === 'stream'
      const unit = isStream
        ? openStream(stream as ServerHttp2Stream, headers as IncomingHttpHeaders, callSites)
        : undefined
      if (unit === undefined) return Reflect.apply(original, this, args)
      return state.storage.run(unit.scope, () => Reflect.apply(original, this, args))
    }
  })
}

/** Undefined for tunnels, and for what the server pushes: it belongs to the request that made it do so. */
function openStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  callSites: CallSiteMode,
): HttpUnit | undefined {
  try {
    const method = String(headers[':method'] ?? 'GET')
    if (method === 'CONNECT' || (stream.id ?? 1) % 2 === 0) return undefined
    const unit = openHttpScope(method, String(headers[':path'] ?? '/'), callSites)
    let request: object | undefined
    bindEmitter(stream, unit.scope, {
      before: () => {
        request = requestOf(stream)
      },
      after: () => closeStream(unit, stream, request),
    })
    unit.scope.closeNow = () => closeStream(unit, stream, request ?? requestOf(stream))
    if (state.serverTiming !== undefined) timeStream(stream, unit.scope)
    return unit
  } catch (error) {
    reportFailure('http2 request', error)
    return undefined
  }
}

/** The request that Node made of a stream, which is what frameworks know; Node lets go of it when the stream closes. */
function requestOf(stream: ServerHttp2Stream): object | undefined {
  const slot = Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'request')
  const request = slot === undefined ? undefined : (stream as unknown as Record<symbol, unknown>)[slot]
  return typeof request === 'object' && request !== null ? request : undefined
}

function closeStream(unit: HttpUnit, stream: ServerHttp2Stream, request: object | undefined): void {
  closeHttpScope(unit, request, () => {
    const status = stream.headersSent ? Number(stream.sentHeaders[':status']) : undefined
    return { status, isAborted: stream.aborted || stream.rstCode !== 0 || status === undefined }
  })
}
