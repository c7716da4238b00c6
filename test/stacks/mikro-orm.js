import { fileURLToPath } from 'node:url'
import { EntitySchema } from '@mikro-orm/core'
import { Author, Book, builder, shapes as common, graphql, properties } from './mikro-orm-shapes.js'

export { close, expectations } from './mikro-orm-shapes.js'

export const title = 'MikroORM 6'

export const shapes = { ...common, builder, graphql }

/** Where the shapes are, with their marks. */
export const source = 'mikro-orm-shapes.js'

const packages = {
  pg: '@mikro-orm/postgresql',
  mysql2: '@mikro-orm/mysql',
  mariadb: '@mikro-orm/mariadb',
  libsql: '@mikro-orm/libsql',
}

export async function open({ driver, url }, max) {
  const { MikroORM } = await import(packages[driver])
  const entities = [
    new EntitySchema({ class: Author, tableName: 'authors', properties: properties.authors }),
    new EntitySchema({ class: Book, tableName: 'books', properties: properties.books }),
  ]
  const place = url.startsWith('file:') ? { dbName: fileURLToPath(url) } : { clientUrl: url }
  return await MikroORM.init({ ...place, entities, pool: { min: 0, max } })
}
