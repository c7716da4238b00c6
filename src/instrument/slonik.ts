import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'
import { wrapMethod } from './patch.ts'

/**
 * `stream()` of Slonik sends a cursor, which is no promise that could lead back to the application later; so the call
 * itself is an operation. Pools and connections are plain objects, made by functions that are exported within.
 */
export function hookSlonik(): void {
  hookParts('slonik', (request) => /[\\/]bindPool(Connection)?(\.js)?$/.test(request), hookBinders)
}

function hookBinders(exports: unknown): void {
  if (typeof exports !== 'object' || exports === null) return
  for (const name of ['bindPool', 'bindPoolConnection']) {
    wrapMethod(exports, name, (original, wrapping) => {
      return function bind(this: unknown, ...args: unknown[]): unknown {
        const bound = Reflect.apply(original, this, args)
        if (wrapping.isActive && typeof bound === 'object' && bound !== null) operationMethod(bound, 'stream', wrapping)
        return bound
      }
    })
  }
}
