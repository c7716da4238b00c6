import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'
import { rememberCalls } from './remembered-call.ts'

const ORM = 'typeorm'

/** All that repositories and managers call leads, within the same call, to one of these. */
const sending: Readonly<Record<string, readonly string[]>> = {
  SelectQueryBuilder: [
    ...['getMany', 'getOne', 'getOneOrFail', 'getManyAndCount', 'getCount', 'getExists'],
    ...['getRawMany', 'getRawOne', 'getRawAndEntities', 'stream'],
  ],
  QueryBuilder: ['execute'],
  InsertQueryBuilder: ['execute'],
  UpdateQueryBuilder: ['execute'],
  DeleteQueryBuilder: ['execute'],
  SoftDeleteQueryBuilder: ['execute'],
  EntityPersistExecutor: ['execute'],
  DataSource: ['query'],
}

const PARTS = new RegExp(`[\\\\/](${['RelationLoader', ...Object.keys(sending)].join('|')})(\\.js)?$`)

/**
 * TypeORM awaits inside, so its calls are remembered for where the application returns them. The promise of a lazy
 * relation has two reactions, its own and that of the application, and V8 follows none then. The getter loads
 * synchronously, so that call is an operation.
 */
export function hookTypeorm(): void {
  hookParts(ORM, (request) => PARTS.test(request), hookPart)
}

/** Harmless for anything that is not of TypeORM. */
function hookPart(exports: unknown): void {
  if (typeof exports !== 'object' || exports === null) return
  const classes = exports as Readonly<Record<string, { prototype?: object } | undefined>>
  const loader = classes.RelationLoader?.prototype
  if (loader !== undefined) operationMethod(loader, 'load')
  for (const [name, methods] of Object.entries(sending)) {
    const prototype = classes[name]?.prototype
    if (prototype !== undefined) rememberCalls(prototype, methods, ORM)
  }
}
