import { subscribe, unsubscribe } from 'node:diagnostics_channel'
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
  /** Makes it tell the route; goes through `wrapMethod`, which makes it harmless twice and undoable. */
  patch(exports: unknown): void
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

/** Frameworks to hook as they are loaded. Express needs no hook; Fastify publishes its routes on a channel. */
export const httpFrameworks: readonly HttpFramework[] = [koa]

/** Hooks `exports` if it is such a framework; harmless for anything else, and when called again. */
export function instrumentFramework(exports: unknown): void {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return
  try {
    for (const framework of httpFrameworks) if (framework.matches(exports)) framework.patch(exports)
  } catch (error) {
    reportFailure('hooking a web framework', error)
  }
}

/** Hooks frameworks as the application loads them, and those it has loaded already. @returns the undo. */
export function watchFrameworks(): () => void {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module?.loaded && isFrameworkFile(file)) instrumentFramework(module.exports)
  }
  return onModuleLoad((request, _resolve, exports) => {
    if (isFrameworkFile(request)) instrumentFramework(exports)
  })
}

function isFrameworkFile(file: string): boolean {
  return httpFrameworks.some(({ module }) => file.includes(module))
}

const FASTIFY_HANDLER = 'tracing:fastify.request.handler:start'

/** Listens for routes on the channels of the frameworks that have one. @returns the undo. */
export function subscribeRoutes(): () => void {
  subscribe(FASTIFY_HANDLER, onFastifyHandler)
  return () => void unsubscribe(FASTIFY_HANDLER, onFastifyHandler)
}

function onFastifyHandler(message: unknown): void {
  const { request, route } = message as { request?: { raw?: unknown }; route?: { url?: unknown } }
  noteRoute(request?.raw, () => route?.url)
}
