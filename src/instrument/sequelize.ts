import { hookParts } from './module-parts.ts'
import { operationMethod } from './operation.ts'

/**
 * On SQLite, Sequelize sends from an async function that nobody awaits, after a question for the types of the columns;
 * so each run of a query is an operation.
 */
export function hookSequelize(): void {
  hookParts('sequelize', (request) => /[\\/]query(\.js)?$/.test(request), hookQuery)
}

/** Harmless for anything that is not the query of Sequelize's dialect for SQLite. */
function hookQuery(exports: unknown): void {
  if (typeof exports !== 'function') return
  const { prototype } = exports as { prototype?: Record<string, unknown> }
  if (typeof prototype?.getDatabaseMethod === 'function' && typeof prototype.run === 'function') {
    operationMethod(prototype, 'run')
  }
}
