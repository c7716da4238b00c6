import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { inNextTick } from './clock.ts'
import { subscribeRoutes, watchFrameworks } from './http-frameworks.ts'
import { bindEmitter, closeHttpScope, type HttpUnit, openHttpScope } from './http-scope.ts'
import { watchHttp2 } from './http2.ts'
import type { CallSiteMode } from './scope.ts'
import { timeResponse } from './server-timing.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

const REQUEST_START = 'http.server.request.start'

/** Options of {@link installHttpScopes}. */
export interface HttpScopeOptions {
  /** @default 'all' */
  readonly callSites?: CallSiteMode
}

/** What Node publishes when it has read the head of a request. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

interface OpenRequest extends RequestStart {
  readonly unit: HttpUnit
}

/**
 * Opens a scope for every request that an HTTP server of this process gets (http, https, http2), and closes it when the
 * response is closed. Needs no middleware, sees requests that no route takes, and does nothing when called again.
 *
 * Node announces a request in the very call that goes on to run its handlers, so a scope entered there is the one they
 * run in, and everything they start.
 */
export function installHttpScopes({ callSites = 'all' }: HttpScopeOptions = {}): void {
  onceInProcess('http', () => {
    const onStart = (message: unknown): void => {
      try {
        openRequest(message as RequestStart, callSites)
      } catch (error) {
        reportFailure('http request', error)
      }
    }
    subscribe(REQUEST_START, onStart)
    const undos = [watchHttp2(callSites), subscribeRoutes(), watchFrameworks()]
    const undo = (): void => {
      unsubscribe(REQUEST_START, onStart)
      for (const undoOne of undos) undoOne()
      state.undos.delete(undo)
      state.services.delete('http')
      state.serverTiming = undefined
    }
    state.undos.add(undo)
    return true
  })
}

function openRequest({ request, response, socket }: RequestStart, callSites: CallSiteMode): void {
  const unit = openHttpScope(request.method ?? 'GET', request.url ?? '/', callSites)
  const open: OpenRequest = { request, response, socket, unit }
  unit.scope.closeNow = () => closeRequest(open)
  bindEmitter(request, unit.scope)
  bindEmitter(response, unit.scope, { after: () => closeRequest(open) })
  watchSocket(open)
  if (state.serverTiming !== undefined) timeResponse(response, unit.scope)
  state.storage.enterWith(unit.scope)
}

const openOnSocket = new WeakMap<Socket, Set<OpenRequest>>()

/**
 * Closes what is left when a socket dies. Node before 24 emits no `close` for pipelined responses whose turn never came;
 * one listener per socket, since many requests share it.
 */
function watchSocket(open: OpenRequest): void {
  const known = openOnSocket.get(open.socket)
  if (known !== undefined) {
    known.add(open)
    return
  }
  const requests = new Set([open])
  openOnSocket.set(open.socket, requests)
  open.socket.once('close', () => {
    inNextTick(() => {
      for (const request of requests) closeRequest(request)
    })
  })
}

function closeRequest(open: OpenRequest): void {
  const { request, response, socket, unit } = open
  openOnSocket.get(socket)?.delete(open)
  closeHttpScope(unit, request, () => ({
    status: response.headersSent ? response.statusCode : undefined,
    isAborted: !response.writableFinished,
  }))
}
