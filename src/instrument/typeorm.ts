import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'

/**
 * The promise of a lazy relation of TypeORM has two reactions, its own and that of the application, and V8 follows none
 * then. The getter loads synchronously, so that call is an operation.
 */
export function hookTypeorm(): void {
  hookParts('typeorm', (request) => /[\\/]RelationLoader(\.js)?$/.test(request), hookLoader)
}

function hookLoader(exports: unknown): void {
  const { RelationLoader } = (exports ?? {}) as { RelationLoader?: new () => object }
  if (typeof RelationLoader === 'function') operationMethod(RelationLoader.prototype as object, 'load')
}
