import { hookParts } from './module-parts.ts'
import { rememberCalls } from './remembered-call.ts'

const ORM = 'mikro-orm'

const sending: Readonly<Record<string, readonly string[]>> = {
  EntityManager: [
    ...['find', 'findAll', 'findAndCount', 'findByCursor', 'findOne', 'findOneOrFail', 'count', 'populate'],
    ...['refresh', 'refreshOrFail', 'insert', 'insertMany', 'upsert', 'upsertMany', 'nativeUpdate', 'nativeDelete'],
    ...['flush', 'persistAndFlush', 'removeAndFlush'],
  ],
  Collection: ['init', 'load', 'loadItems', 'loadCount', 'matching'],
}

/** MikroORM awaits inside, so its calls are remembered for where the application returns them. From 7 on it is ES modules. */
export function hookMikroOrm(): void {
  hookParts('@mikro-orm', (request) => /[\\/](EntityManager|Collection)(\.js)?$/.test(request), hookPart)
}

/** Harmless for anything that is not of MikroORM: other ORMs have an entity manager, too. */
function hookPart(exports: unknown): void {
  if (typeof exports !== 'object' || exports === null) return
  for (const [name, methods] of Object.entries(sending)) {
    const { prototype } = ((exports as Record<string, unknown>)[name] ?? {}) as { prototype?: Record<string, unknown> }
    const isOurs = typeof prototype?.getUnitOfWork === 'function' || typeof prototype?.loadItems === 'function'
    if (prototype !== undefined && isOurs) rememberCalls(prototype, methods, ORM)
  }
}
