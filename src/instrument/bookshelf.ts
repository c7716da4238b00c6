import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'

const MODEL_METHODS = ['fetch', 'fetchAll', 'fetchPage', 'count', 'load', 'refresh', 'save', 'destroy']
const COLLECTION_METHODS = ['fetch', 'fetchOne', 'fetchPage', 'count', 'load', 'create']

/**
 * Bookshelf sends from callbacks of Bluebird, whose chains V8 cannot follow, so each call that sends is an operation. Its
 * classes are told by their methods; every model an application declares inherits from them.
 */
export function hookBookshelf(): void {
  hookParts('bookshelf', (request) => /[\\/](model|collection)(\.js)?$/.test(request), hookClass)
}

/** Harmless for anything that is not a class of Bookshelf. */
function hookClass(exports: unknown): void {
  if (typeof exports !== 'function') return
  const { prototype } = exports as { prototype?: Record<string, unknown> }
  if (prototype === undefined || typeof prototype.resetQuery !== 'function') return
  const names = typeof prototype.fetchAll === 'function' ? MODEL_METHODS : COLLECTION_METHODS
  for (const name of names) operationMethod(prototype, name, undefined, 'bookshelf')
}
