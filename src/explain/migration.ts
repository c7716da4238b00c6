import type { VerifiedIndex } from '../model/plan.ts'
import { quoteName } from '../sql/quote-name.ts'

/** Code that makes an index the way an application makes its others. */
export interface Migration {
  /** What it is: `knex migration`. */
  readonly name: string
  readonly code: string
}

/**
 * The migration of an ORM for an index; undefined for an ORM that has none of its own.
 *
 * An index of plain columns is written in the ORM's own words; an expression, a condition, or another access method as the
 * statement that makes it, which each of them takes.
 *
 * @param orm its name as executions have it: `knex`, `typeorm`, ….
 */
export function migrationFor(index: VerifiedIndex, orm: string): Migration | undefined {
  return Object.hasOwn(writers, orm) ? writers[orm]?.(index) : undefined
}

const writers: Readonly<Record<string, (index: VerifiedIndex) => Migration>> = {
  knex,
  objection: knex,
  bookshelf: knex,
  sequelize,
  typeorm,
  prisma,
  drizzle,
  'drizzle-orm': drizzle,
  'mikro-orm': mikroOrm,
  kysely,
}

function knex(index: VerifiedIndex): Migration {
  const name = 'knex migration'
  if (!isPlain(index)) {
    const code = `exports.up = (knex) => knex.raw(${quoted(namedDdl(index))})\nexports.down = (knex) => knex.raw(${quoted(dropOf(index))})`
    return { name, code }
  }
  const schema = hasSchema(index) ? `.withSchema(${quoted(index.schema as string)})` : ''
  const table = `knex.schema${schema}.alterTable(${quoted(index.table)}, (table) =>`
  const parts = `${list(index.columns)}, ${quoted(nameOf(index))}`
  return {
    name,
    code: `exports.up = (knex) =>\n  ${table} table.index(${parts}))\nexports.down = (knex) =>\n  ${table} table.dropIndex(${parts}))`,
  }
}

function sequelize(index: VerifiedIndex): Migration {
  const target = hasSchema(index)
    ? `{ tableName: ${quoted(index.table)}, schema: ${quoted(index.schema as string)} }`
    : quoted(index.table)
  const up = isPlain(index)
    ? `queryInterface.addIndex(${target}, ${list(index.columns)}, { name: ${quoted(nameOf(index))} })`
    : `queryInterface.sequelize.query(${quoted(namedDdl(index))})`
  // sequelize looks for the index of another schema in the search path
  const down =
    isPlain(index) && !hasSchema(index)
      ? `queryInterface.removeIndex(${target}, ${quoted(nameOf(index))})`
      : `queryInterface.sequelize.query(${quoted(dropOf(index))})`
  return {
    name: 'sequelize migration',
    code: `module.exports = {\n  up: (queryInterface) => ${up},\n  down: (queryInterface) => ${down},\n}`,
  }
}

function typeorm(index: VerifiedIndex): Migration {
  const table = quoted(hasSchema(index) ? `${index.schema}.${index.table}` : index.table)
  const options = `{ name: ${quoted(nameOf(index))}, columnNames: ${list(index.columns)} }`
  const plain = isPlain(index)
  const up = plain
    ? `queryRunner.createIndex(${table}, new TableIndex(${options}))`
    : `queryRunner.query(${quoted(namedDdl(index))})`
  const down = plain
    ? `queryRunner.dropIndex(${table}, ${quoted(nameOf(index))})`
    : `queryRunner.query(${quoted(dropOf(index))})`
  const imports = `import { ${['MigrationInterface', 'QueryRunner', ...(plain ? ['TableIndex'] : [])].map((type) => (type === 'TableIndex' ? type : `type ${type}`)).join(', ')} } from ${quoted('typeorm')}`
  return {
    name: 'typeorm migration',
    code: `${imports}\n\nexport class ${className(index)} implements MigrationInterface {\n  async up(queryRunner: QueryRunner): Promise<void> {\n    await ${up}\n  }\n\n  async down(queryRunner: QueryRunner): Promise<void> {\n    await ${down}\n  }\n}`,
  }
}

/** Fields of a model may be named otherwise than its columns, which nothing here knows. */
function prisma(index: VerifiedIndex): Migration {
  if (!isPlain(index)) return { name: 'migration.sql of prisma migrate dev --create-only', code: `${namedDdl(index)};` }
  return { name: 'prisma schema', code: `@@index([${index.columns.join(', ')}], map: "${nameOf(index)}")` }
}

function drizzle(index: VerifiedIndex): Migration {
  if (!isPlain(index)) return { name: 'migration of drizzle-kit generate --custom', code: `${namedDdl(index)};` }
  const columns = index.columns.map((column) => (isWord(column) ? `table.${column}` : `table[${quoted(column)}]`))
  return { name: 'drizzle schema', code: `(table) => [index(${quoted(nameOf(index))}).on(${columns.join(', ')})]` }
}

function mikroOrm(index: VerifiedIndex): Migration {
  const add = (statement: string): string => `this.addSql(${quoted(statement)})`
  return {
    name: 'mikro-orm migration',
    code: `import { Migration } from ${quoted('@mikro-orm/migrations')}\n\nexport class ${className(index)} extends Migration {\n  override async up(): Promise<void> {\n    ${add(namedDdl(index))}\n  }\n\n  override async down(): Promise<void> {\n    ${add(dropOf(index))}\n  }\n}`,
  }
}

function kysely(index: VerifiedIndex): Migration {
  const schema = hasSchema(index) ? `.withSchema(${quoted(index.schema as string)})` : ''
  const on = `.on(${quoted(index.table)}).columns(${list(index.columns)})`
  const plain = isPlain(index)
  const up = plain
    ? `db.schema${schema}.createIndex(${quoted(nameOf(index))})${on}.execute()`
    : `sql.raw(${quoted(namedDdl(index))}).execute(db)`
  const down = plain
    ? `db.schema${schema}.dropIndex(${quoted(nameOf(index))})${isOfMysql(index) ? `.on(${quoted(index.table)})` : ''}.execute()`
    : `sql.raw(${quoted(dropOf(index))}).execute(db)`
  const imports = `import ${plain ? 'type { Kysely }' : '{ type Kysely, sql }'} from ${quoted('kysely')}`
  return {
    name: 'kysely migration',
    code: `${imports}\n\nexport async function up(db: Kysely<unknown>): Promise<void> {\n  await ${up}\n}\n\nexport async function down(db: Kysely<unknown>): Promise<void> {\n  await ${down}\n}`,
  }
}

/** Columns, in the order and kind that is the default. */
function isPlain({ ddl, columns, include, predicate, method, purpose }: VerifiedIndex): boolean {
  const isOfColumns = purpose !== 'expression' && !columns.some((column) => /[()]/.test(column))
  const isUsual = method === 'btree' && include === undefined && predicate === undefined
  return isOfColumns && isUsual && !/_ops\b| DESC\b| NULLS /.test(ddl)
}

/** In MySQL that is the database, which the connection of a migration says. */
function hasSchema(index: VerifiedIndex): boolean {
  return index.schema !== undefined && index.schema !== 'public' && !isOfMysql(index)
}

function isOfMysql({ verifiedBy }: VerifiedIndex): boolean {
  return verifiedBy === 'temporary-table-clone' || verifiedBy === 'mysql-clone'
}

/** As PostgreSQL would name it, so that the same index has one name wherever it was made. */
function nameOf({ table, columns }: VerifiedIndex): string {
  const words = columns.map((column) => column.replaceAll(/\W+/g, '_').replaceAll(/^_+|_+$/g, ''))
  return `${[table, ...words].join('_').slice(0, 58)}_idx`
}

/** One statement, which an extension that it needs stands before. */
function namedDdl(index: VerifiedIndex): string {
  return index.ddl.replace(/CREATE INDEX ON /, `CREATE INDEX ${sqlName(nameOf(index), index)} ON `)
}

function dropOf(index: VerifiedIndex): string {
  if (isOfMysql(index)) return `DROP INDEX ${sqlName(nameOf(index), index)} ON ${sqlName(index.table, index)}`
  const schema = hasSchema(index) ? `${sqlName(index.schema as string, index)}.` : ''
  return `DROP INDEX ${schema}${sqlName(nameOf(index), index)}`
}

function sqlName(name: string, index: VerifiedIndex): string {
  return quoteName(name, isOfMysql(index) ? 'mysql' : 'postgresql')
}

function className(index: VerifiedIndex): string {
  const words = nameOf(index)
    .split('_')
    .filter((word) => word !== '')
  return `Add${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`
}

function isWord(text: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(text)
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`
}

/** A string literal of JavaScript. */
function quoted(text: string): string {
  const plain = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${plain}'`
}
