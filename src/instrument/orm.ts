/** ORMs and query builders by the package their frames stand in; a name that ends in `/` is a scope of packages. */
const ormByPackage: Readonly<Record<string, string>> = {
  '@mikro-orm/': 'mikro-orm',
  '@prisma/': 'prisma',
  '@sequelize/': 'sequelize',
  '@slonik/': 'slonik',
  bookshelf: 'bookshelf',
  'drizzle-orm': 'drizzle',
  knex: 'knex',
  kysely: 'kysely',
  objection: 'objection',
  sequelize: 'sequelize',
  slonik: 'slonik',
  typeorm: 'typeorm',
}

/** Name of the ORM that a file of a package belongs to, or undefined. */
export function ormOf(file: string): string | undefined {
  const parts = file.split(/[\\/]/)
  const name = parts[parts.lastIndexOf('node_modules') + 1] ?? ''
  return ormByPackage[name.startsWith('@') ? `${name}/` : name]
}
