import type { Engine } from './plan.ts'
import type { Dialect } from './statement.ts'

/** Grammar of an engine: that of its statements, and of the conditions in its plans. */
export const dialectOf: Readonly<Record<Engine, Dialect>> = {
  postgres: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
}
