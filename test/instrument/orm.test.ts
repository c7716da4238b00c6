import { expect, test } from 'vitest'
import { ormOf } from '../../src/instrument/orm.ts'

test.each([
  ['/app/node_modules/typeorm/query-builder/SelectQueryBuilder.js', 'typeorm'],
  ['file:///app/node_modules/drizzle-orm/pg-core/session.js', 'drizzle'],
  ['/app/node_modules/@mikro-orm/knex/AbstractSqlConnection.js', 'mikro-orm'],
  ['/app/node_modules/@prisma/adapter-pg/dist/index.js', 'prisma'],
  ['C:\\app\\node_modules\\sequelize\\lib\\sequelize.js', 'sequelize'],
  ['/app/node_modules/.pnpm/knex@3.1.0/node_modules/knex/lib/client.js', 'knex'],
  ['/app/node_modules/knex/node_modules/pg/lib/client.js', undefined],
  ['/app/node_modules/knex-paginate/lib/index.js', undefined],
  ['/app/src/typeorm/index.js', undefined],
])('%s is of %s', (file, orm) => {
  expect(ormOf(file)).toBe(orm)
})
