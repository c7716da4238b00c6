import { EntitySchema } from '@mikro-orm/core'
import { Author, Book, properties } from '../stacks/mikro-orm-shapes.js'

const packages = { pg: '@mikro-orm/postgresql', mysql2: '@mikro-orm/mysql' }

/** MikroORM 7 on a database; in this folder, since it finds here what it imports. */
export async function open({ driver, url }, max) {
  const { MikroORM } = await import(packages[driver])
  const entities = [
    new EntitySchema({ class: Author, tableName: 'authors', properties: properties.authors }),
    new EntitySchema({ class: Book, tableName: 'books', properties: properties.books }),
  ]
  return await MikroORM.init({ clientUrl: url, entities, pool: { min: 0, max } })
}
