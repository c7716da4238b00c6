import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { dirname, join } from 'node:path'
import { noteRoute } from './http-route.ts'
import { loadedModules } from './instrument.ts'
import { onModuleLoad } from './loader.ts'
import { wrapMethod } from './patch.ts'
import { reportFailure } from './state.ts'

/** A web framework that has to be hooked, because it keeps the route where the request does not lead to. */
export interface HttpFramework {
  /** Name it is required by. */
  readonly module: string
  /** True where `exports` has the parts that {@link patch} touches. */
  matches(exports: unknown): boolean
  /**
   * Makes it tell the route; goes through `wrapMethod`, which makes it harmless twice and undoable.
   *
   * @param partOf gives the exports of a file beside the entry, if that is loaded.
   */
  patch(exports: unknown, partOf: (file: string) => unknown): void
}

interface Koa {
  readonly prototype: { createContext(request: object, response: object): object; handleRequest(): unknown }
}

/** `@koa/router` leaves the template on the context, as `_matchedRoute`; nothing leads from the request there. */
const koa: HttpFramework = {
  module: 'koa',
  matches: (exports) => {
    const { prototype } = exports as Partial<Koa>
    return typeof prototype?.createContext === 'function' && typeof prototype.handleRequest === 'function'
  },
  patch: (exports) => {
    wrapMethod((exports as Koa).prototype, 'createContext', (original, wrapping) => {
      return function createContext(...args) {
        const context = Reflect.apply(original, this, args) as { _matchedRoute?: unknown }
        if (wrapping.isActive) noteRoute(args[0], () => context._matchedRoute)
        return context
      }
    })
  },
}

interface HapiRequest {
  readonly route?: { readonly path: string; readonly method: string }
}

/** The route is on hapi's own request, which nothing leads to, and whose class is not exported. */
const hapi: HttpFramework = {
  module: '@hapi/hapi',
  matches: (exports) => typeof (exports as { Server?: unknown }).Server === 'function',
  patch: (_exports, partOf) => {
    const requestClass = partOf('request.js')
    if (typeof requestClass !== 'function') return
    wrapMethod(requestClass, 'generate', (original, wrapping) => {
      return function generate(...args) {
        const request = Reflect.apply(original, this, args) as HapiRequest
        // what no route takes is given one of hapi's own
        if (wrapping.isActive)
          noteRoute(args[1], () => (request.route?.method === '_special' ? undefined : request.route?.path))
        return request
      }
    })
  },
}

/** Frameworks to hook as they are loaded. Express needs no hook; Fastify publishes on channels. */
export const httpFrameworks: readonly HttpFramework[] = [koa, hapi]

/**
 * Hooks `exports` if it is such a framework; harmless for anything else, and when called again.
 *
 * @param fileOf gives the path it was loaded from.
 */
export function instrumentFramework(exports: unknown, fileOf: () => string): void {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return
  try {
    const partOf = (name: string): unknown => loadedModules()[join(dirname(fileOf()), name)]?.exports
    for (const framework of httpFrameworks) if (framework.matches(exports)) framework.patch(exports, partOf)
  } catch (error) {
    reportFailure('hooking a web framework', error)
  }
}

/** Hooks frameworks as the application loads them, and those it has loaded already. @returns the undo. */
export function watchFrameworks(): () => void {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module?.loaded && isFrameworkFile(file)) instrumentFramework(module.exports, () => file)
  }
  return onModuleLoad((request, resolve, exports) => {
    if (isFrameworkFile(request)) instrumentFramework(exports, resolve)
  })
}

function isFrameworkFile(file: string): boolean {
  return httpFrameworks.some(({ module }) => file.includes(module))
}

const FASTIFY_HANDLER = 'tracing:fastify.request.handler:start'
const FASTIFY_MADE = 'fastify.initialization'

/** Listens for routes on the channels of the frameworks that have one. @returns the undo. */
export function subscribeRoutes(): () => void {
  subscribe(FASTIFY_HANDLER, onFastifyHandler)
  subscribe(FASTIFY_MADE, onFastifyMade)
  return () => {
    unsubscribe(FASTIFY_HANDLER, onFastifyHandler)
    unsubscribe(FASTIFY_MADE, onFastifyMade)
  }
}

function onFastifyHandler(message: unknown): void {
  const { request, route } = message as { request?: { raw?: unknown }; route?: { url?: unknown } }
  noteRoute(request?.raw, () => route?.url)
}

interface Fastify4 {
  readonly version: string
  addHook(name: 'onRequest', hook: (request: Fastify4Request, reply: unknown, done: () => void) => void): unknown
}

interface Fastify4Request {
  readonly raw: object
  readonly routeOptions?: { readonly url?: string }
}

/** Version 4 tells on a channel that an instance was made, and no more: its own hook has to tell the route. */
function onFastifyMade(message: unknown): void {
  try {
    const { fastify } = message as { fastify: Fastify4 }
    if (!/^4\./.test(fastify.version)) return
    fastify.addHook('onRequest', (request, _reply, done) => {
      noteRoute(request.raw, () => request.routeOptions?.url)
      done()
    })
  } catch (error) {
    reportFailure('hooking fastify', error)
  }
}
