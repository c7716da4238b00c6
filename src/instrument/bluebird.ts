import { hookParts } from './module-parts.ts'
import { wrapMethod } from './patch.ts'
import { isPlainPromise, isThenable } from './scope.ts'
import { state } from './state.ts'

interface Bluebird {
  readonly prototype: object
  resolve(value: unknown): unknown
  config(options: { readonly asyncHooks: boolean }): unknown
  getNewLibraryCopy(): unknown
  /** Another function once async hooks are on; there is no other way to ask. */
  readonly _getContext?: unknown
}

/**
 * Bluebird runs all callbacks that are due from one queue, in the context of whoever filled it first: of six requests at
 * once, five find themselves in the scope of another. Since 3.7 it can bind each callback to the context it was given
 * in, as native promises do, and is asked to here. Libraries that are built on it, such as Bookshelf, are then right
 * without knowing.
 */
export function hookBluebird(): void {
  hookParts('bluebird', (request) => request.includes('bluebird'), bindCallbacks)
}

type Callback = (this: unknown, ...args: unknown[]) => unknown

/** Methods of promises whose last callback may return a query builder; a `catch` may have classes of errors before it. */
const METHODS = ['spread', 'map', 'filter', 'reduce', 'each', 'mapSeries', 'catch', 'caught']
const STATIC_METHODS = ['map', 'filter', 'reduce', 'each', 'mapSeries']

function bindCallbacks(exports: unknown): void {
  if (typeof exports !== 'function') return
  const bluebird = exports as unknown as Bluebird
  if (typeof bluebird.getNewLibraryCopy !== 'function' || typeof bluebird.config !== 'function') return
  wrapMethod(bluebird, 'getNewLibraryCopy', (original, wrapping) => {
    return function getNewLibraryCopy(this: unknown, ...args: unknown[]): unknown {
      const copy = Reflect.apply(original, this, args)
      if (wrapping.isActive) bindCallbacks(copy)
      return copy
    }
  })
  bindThenables(bluebird, bluebird.prototype, 'then', 2)
  for (const name of METHODS) bindThenables(bluebird, bluebird.prototype, name, 1)
  for (const name of STATIC_METHODS) bindThenables(bluebird, bluebird, name, 1)
  const before = bluebird._getContext
  bluebird.config({ asyncHooks: true })
  if (bluebird._getContext === before) return // the application has turned it on itself, or the version cannot
  const undo = (): void => {
    state.undos.delete(undo)
    bluebird.config({ asyncHooks: false })
  }
  state.undos.add(undo)
}

/**
 * What a callback returns is awaited after it, outside its context again; a query builder is sent by that. So builders are
 * made promises while the context is still there.
 */
function bindThenables(bluebird: Bluebird, target: object, name: string, callbacks: number): void {
  wrapMethod(target, name, (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      let left = wrapping.isActive ? callbacks : 0
      for (let at = args.length - 1; at >= 0 && left > 0; at--) {
        if (typeof args[at] !== 'function') continue
        args[at] = resolving(bluebird, args[at] as Callback)
        left--
      }
      return Reflect.apply(original, this, args)
    }
  })
}

function resolving(bluebird: Bluebird, callback: Callback): Callback {
  return function (this: unknown, ...args: unknown[]): unknown {
    const value = Reflect.apply(callback, this, args)
    const isOwn = value instanceof (bluebird as unknown as new () => object) || isPlainPromise(value)
    return isThenable(value) && !isOwn ? bluebird.resolve(value) : value
  }
}
