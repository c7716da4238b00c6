import type { EventEmitter } from 'node:events'
import { emitAsScope } from './emit-as-scope.ts'
import { wrapMethod } from './patch.ts'
import type { CallSiteMode } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

/** A class of `ws`, or its exports, which have both. */
interface WsClass {
  readonly prototype?: Record<string, unknown>
  readonly WebSocketServer?: unknown
}

/** Messages that a WebSocket server of `ws` gets, and the sockets that open and close. */
export const ws: ScopeLibrary = {
  module: 'ws',
  // the ES module of the package takes its parts from files that load each other
  files: ['websocket.js', 'websocket-server.js'],
  patch(exports, callSites) {
    const { prototype, WebSocketServer } = exports as WsClass
    if (typeof prototype?.handleUpgrade === 'function') wrapEmit(prototype, ['connection'], callSites)
    else if (typeof prototype?.setSocket === 'function') wrapEmit(prototype, ['message', 'close'], callSites)
    if (WebSocketServer !== undefined) ws.patch(WebSocketServer, callSites)
  },
}

function wrapEmit(prototype: object, types: readonly unknown[], callSites: CallSiteMode): void {
  wrapMethod(prototype, 'emit', (original, wrapping) => {
    return function emit(this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      const [type, ...rest] = args
      // a client is a part of whatever uses it
      const isClient = (this as { _isServer?: boolean })._isServer === false
      if (!wrapping.isActive || isClient || !types.includes(type)) return run()
      return emitAsScope(this as EventEmitter, type as string, rest, { name: `ws ${type}`, callSites }, run)
    }
  })
}
