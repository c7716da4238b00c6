import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'
import { wrapMethod } from './patch.ts'

// biome-ignore lint/suspicious/noExplicitAny: Knex's own objects
type Any = any

/**
 * `.stream()` and `.pipe()` of Knex send from a promise chain that nobody awaits, so the call itself is remembered. The
 * class that has them is not exported: it is the one that `Client.runner` makes.
 */
export function hookKnex(): void {
  hookParts('knex', (request) => request.includes('knex'), wrapRunner)
}

/** Harmless for anything that is not Knex. */
function wrapRunner(exports: unknown): void {
  const prototype = (exports as Any)?.Client?.prototype
  if (typeof prototype?.runner !== 'function') return
  wrapMethod(prototype, 'runner', (original, wrapping) => {
    return function runner(this: unknown, ...args: unknown[]): unknown {
      const made = Reflect.apply(original, this, args)
      if (wrapping.isActive && typeof made === 'object' && made !== null)
        operationMethod(Object.getPrototypeOf(made), 'stream')
      return made
    }
  })
}
