import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { drizzle } from 'drizzle-orm/node-postgres'
import { getTableConfig, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import knexOf from 'knex'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { Sequelize } from 'sequelize'
import { DataSource, type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { migrationFor } from '../../src/explain/migration.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'
import { createDatabase } from '../create-database.ts'

const require = createRequire(new URL('../stacks/package.json', import.meta.url))

function verified(ddl: string, of: Partial<VerifiedIndex>): VerifiedIndex {
  return {
    ddl,
    schema: 'public',
    table: 'orders',
    columns: ['customer_id'],
    method: 'btree',
    costBefore: 5120,
    costAfter: 80,
    verifiedBy: 'pglite',
    purpose: 'filter',
    ...of,
  }
}

const INDEXES: readonly (readonly [string, VerifiedIndex])[] = [
  ['columns', verified('CREATE INDEX ON orders (customer_id, created_at)', { columns: ['customer_id', 'created_at'] })],
  [
    'another schema',
    verified('CREATE INDEX ON shop.lines (order_id)', { schema: 'shop', table: 'lines', columns: ['order_id'] }),
  ],
  [
    'an expression',
    verified('CREATE INDEX ON orders (lower(note))', { columns: ['lower(note)'], purpose: 'expression' }),
  ],
  [
    'a condition',
    verified('CREATE INDEX ON orders (created_at) WHERE note IS NULL', {
      columns: ['created_at'],
      predicate: 'note IS NULL',
    }),
  ],
  [
    'columns beside',
    verified('CREATE INDEX ON orders (created_at) INCLUDE (note)', { columns: ['created_at'], include: ['note'] }),
  ],
  [
    'a direction',
    verified('CREATE INDEX ON orders (created_at DESC, id)', { columns: ['created_at', 'id'], purpose: 'order' }),
  ],
  [
    'an extension',
    verified('CREATE EXTENSION IF NOT EXISTS pg_trgm;\nCREATE INDEX ON orders USING gin (note gin_trgm_ops)', {
      columns: ['note'],
      method: 'gin',
      purpose: 'pattern',
    }),
  ],
]

let url: string
let client: pg.Client

beforeAll(async () => {
  url = await createDatabase('migration')
  client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create schema shop; create table shop.lines (id int primary key, order_id int)')
  await client.query('create table orders (id int primary key, customer_id int, created_at timestamp, note text)')
})

afterAll(() => client.end())

/** So that what one leaves behind is not the fault of the next. */
afterEach(async () => {
  await client.query('rollback')
  const { rows } = await client.query(
    "select indexrelid::regclass as name from pg_index where indrelid in ('orders'::regclass, 'shop.lines'::regclass) and not indisprimary",
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
})

/** Definitions of the indexes there are, but for the keys, without their names. */
async function definitions(): Promise<string[]> {
  const { rows } = await client.query(
    "select indexdef from pg_indexes where schemaname in ('public', 'shop') and indexname not like '%pkey' order by 1",
  )
  return rows.map(({ indexdef }) => indexdef.replace(/INDEX \S+ ON/, 'INDEX ON'))
}

/** What the advice itself makes. */
async function wantedFrom({ ddl }: VerifiedIndex): Promise<string[]> {
  await client.query('begin')
  await client.query(ddl)
  const made = await definitions()
  await client.query('rollback')
  return made
}

/** Runs a module, of which the imports are given. */
function load(code: string, modules: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { outputText, diagnostics = [] } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    reportDiagnostics: true,
  })
  expect(diagnostics).toEqual([])
  const module = { exports: {} as Record<string, unknown> }
  new Function('module', 'exports', 'require', outputText)(module, module.exports, (name: string) => modules[name])
  return module.exports
}

type Step = (of: unknown) => Promise<unknown>

async function expectRoundTrip(index: VerifiedIndex, up: () => Promise<unknown>, down: () => Promise<unknown>) {
  const wanted = await wantedFrom(index)
  expect(wanted).toHaveLength(1)
  await up()
  expect(await definitions()).toEqual(wanted)
  await down()
  expect(await definitions()).toEqual([])
}

describe.each(INDEXES)('an index of %s', (_, index) => {
  test.each(['knex', 'objection', 'bookshelf'])('%s', async (orm) => {
    const knex = knexOf({ client: 'pg', connection: url })
    const { up, down } = load(migrationFor(index, orm)?.code as string, {}) as { up: Step; down: Step }
    await expectRoundTrip(
      index,
      () => up(knex),
      () => down(knex),
    )
    await knex.destroy()
  })

  test('kysely', async () => {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) })
    const { up, down } = load(migrationFor(index, 'kysely')?.code as string, { kysely: { sql } }) as {
      up: Step
      down: Step
    }
    await expectRoundTrip(
      index,
      () => up(db),
      () => down(db),
    )
    await db.destroy()
  })

  test('sequelize', async () => {
    const sequelize = new Sequelize(url, { logging: false })
    const { up, down } = load(migrationFor(index, 'sequelize')?.code as string, {}) as { up: Step; down: Step }
    await expectRoundTrip(
      index,
      () => up(sequelize.getQueryInterface()),
      () => down(sequelize.getQueryInterface()),
    )
    await sequelize.close()
  })

  test('typeorm', async () => {
    const source = await new DataSource({ type: 'postgres', url }).initialize()
    const exported = load(migrationFor(index, 'typeorm')?.code as string, { typeorm: { TableIndex } })
    const [Made] = Object.values(exported) as [new () => MigrationInterface]
    const runner: QueryRunner = source.createQueryRunner()
    await expectRoundTrip(
      index,
      () => new Made().up(runner),
      () => new Made().down(runner),
    )
    await runner.release()
    await source.destroy()
  })

  test('mikro-orm', async () => {
    const statements: string[] = []
    class Migration {
      addSql(statement: string): void {
        statements.push(statement)
      }
    }
    const exported = load(migrationFor(index, 'mikro-orm')?.code as string, { '@mikro-orm/migrations': { Migration } })
    const [Made] = Object.values(exported) as [new () => { up(): Promise<void>; down(): Promise<void> }]
    const run = async (step: 'up' | 'down'): Promise<void> => {
      await new Made()[step]()
      for (const statement of statements.splice(0)) await client.query(statement)
    }
    await expectRoundTrip(
      index,
      () => run('up'),
      () => run('down'),
    )
  })

  test('prisma and drizzle, where it is no schema but SQL', async () => {
    for (const orm of ['prisma', 'drizzle']) {
      const { name, code } = migrationFor(index, orm) as { name: string; code: string }
      if (!code.includes('CREATE INDEX')) continue
      expect(name).toContain(orm === 'prisma' ? 'migration.sql' : 'drizzle-kit')
      const wanted = await wantedFrom(index)
      await client.query('begin')
      await client.query(code)
      expect(await definitions()).toEqual(wanted)
      await client.query('rollback')
    }
  })
})

test('the schema of drizzle gets an index of the same name and columns', () => {
  const [, of] = INDEXES[0] as (typeof INDEXES)[number]
  const extra = new Function('index', `return ${migrationFor(of, 'drizzle')?.code}`)(index)
  const table = pgTable('orders', { customer_id: integer(), created_at: text() }, extra)
  const [made] = getTableConfig(table).indexes
  expect(made?.config.name).toBe('orders_customer_id_created_at_idx')
  expect(made?.config.columns.map((column) => (column as { name: string }).name)).toEqual(['customer_id', 'created_at'])
  expect(typeof drizzle).toBe('function')
})

test('the schema of prisma takes the attribute', async () => {
  const [, of] = INDEXES[0] as (typeof INDEXES)[number]
  const schema = `model orders {\n  id Int @id\n  customer_id Int\n  created_at DateTime\n  ${migrationFor(of, 'prisma')?.code}\n}`
  expect(schema).toContain('@@index([customer_id, created_at], map: "orders_customer_id_created_at_idx")')
  expect(readFileSync(require.resolve('prisma/package.json'), 'utf8')).toContain('"name": "prisma"')
})

test('an ORM that has no migrations has none', () => {
  expect(migrationFor(INDEXES[0]?.[1] as VerifiedIndex, 'slonik')).toBeUndefined()
  expect(migrationFor(INDEXES[0]?.[1] as VerifiedIndex, 'constructor')).toBeUndefined()
})
