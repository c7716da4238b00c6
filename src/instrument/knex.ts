import { loadedModules } from './instrument.ts'
import { onModuleLoad } from './loader.ts'
import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { onceInProcess } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: Knex's own objects
type Any = any

/**
 * `.stream()` and `.pipe()` of Knex send from a promise chain that nobody awaits, so the call itself is remembered. The
 * class that has them is not exported: it is the one that `Client.runner` makes.
 */
export function hookKnex(): void {
  onceInProcess('knex', () => {
    for (const [file, module] of Object.entries(loadedModules())) if (file.includes('knex')) wrapRunner(module?.exports)
    onModuleLoad((request, _resolve, exports) => {
      if (request.includes('knex')) wrapRunner(exports)
    })
    return true
  })
}

/** Harmless for anything that is not Knex. */
function wrapRunner(exports: unknown): void {
  const prototype = (exports as Any)?.Client?.prototype
  if (typeof prototype?.runner !== 'function') return
  wrapMethod(prototype, 'runner', (original, wrapping) => {
    return function runner(this: unknown, ...args: unknown[]): unknown {
      const made = Reflect.apply(original, this, args)
      if (wrapping.isActive && typeof made === 'object' && made !== null) wrapStream(Object.getPrototypeOf(made))
      return made
    }
  })
}

function wrapStream(prototype: object): void {
  wrapMethod(prototype, 'stream', (original, wrapping) => {
    return function stream(this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runOperation(stream, run) : run()
    }
  })
}
