import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'
import { rememberCalls } from './remembered-call.ts'

const ORM = 'sequelize'

/** Static methods of a model that send. `max`, `min` and `sum` go through `aggregate`. */
const MODEL_METHODS = [
  ...['findAll', 'findOne', 'findByPk', 'findAndCountAll', 'count', 'aggregate', 'max', 'min', 'sum'],
  ...['create', 'bulkCreate', 'findOrCreate', 'findCreateFind', 'upsert', 'update', 'destroy', 'restore', 'truncate'],
  ...['increment', 'decrement'],
]

const INSTANCE_METHODS = ['save', 'update', 'destroy', 'restore', 'increment', 'decrement', 'reload']

/**
 * Sequelize awaits inside, so its calls are remembered for where the application returns them. On SQLite it sends from an
 * async function that nobody awaits, after a question for the types of the columns; so each run of a query is an
 * operation.
 */
export function hookSequelize(): void {
  hookParts(ORM, (request) => /[\\/](model|sequelize|query)(\.js)?$/.test(request), hookPart)
}

/** Harmless for anything that is not a class of Sequelize. */
function hookPart(exports: unknown): void {
  if (typeof exports !== 'function') return
  const { prototype } = exports as { prototype?: Record<string, unknown> }
  if (prototype === undefined) return
  if (typeof prototype.getDatabaseMethod === 'function' && typeof prototype.run === 'function') {
    operationMethod(prototype, 'run')
  } else if (Object.hasOwn(exports, 'findByPk') && typeof prototype.reload === 'function') {
    rememberCalls(exports, MODEL_METHODS, ORM)
    rememberCalls(prototype, INSTANCE_METHODS, ORM)
  } else if (typeof prototype.query === 'function' && typeof prototype.getQueryInterface === 'function') {
    rememberCalls(prototype, ['query'], ORM)
  }
}
