import type { EventEmitter } from 'node:events'
import { emitAsScope } from './emit-as-scope.ts'
import { wrapMethod } from './patch.ts'
import type { CallSiteMode } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

interface IoExports {
  readonly Socket?: { readonly prototype: object }
  readonly Namespace?: { readonly prototype: object }
}

/** A socket, or a namespace. */
interface IoEmitter extends EventEmitter {
  readonly nsp?: { readonly name: string }
  readonly name?: string
}

/** Events of the library itself that applications do work for. */
const RESERVED: readonly unknown[] = ['connection', 'connect', 'disconnecting', 'disconnect']

/** Events a server of socket.io gets, and the sockets that connect and disconnect. */
export const socketIo: ScopeLibrary = {
  module: 'socket.io',
  patch(exports, callSites) {
    const { Socket, Namespace } = exports as IoExports
    if (Socket === undefined || Namespace === undefined) return
    // `emit` of a socket sends; what came in goes to the class they have in common, by two methods
    const emitter = Object.getPrototypeOf(Socket.prototype) as object
    wrapEmitter(emitter, 'emitUntyped', () => true, callSites)
    wrapEmitter(emitter, 'emitReserved', (type) => RESERVED.includes(type), callSites)
  },
}

function wrapEmitter(prototype: object, method: string, isWork: (type: unknown) => boolean, mode: CallSiteMode): void {
  wrapMethod(prototype, method, (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      const [type, ...rest] = args
      const emitter = this as IoEmitter
      const namespace = emitter.nsp?.name ?? emitter.name
      // the server itself has neither: it hands its events on to the namespace `/`
      if (!wrapping.isActive || namespace === undefined || typeof type !== 'string' || !isWork(type)) return run()
      const options = { name: `socket.io ${namespace} ${type}`, callSites: mode }
      return emitAsScope(emitter, type, rest, options, run)
    }
  })
}
