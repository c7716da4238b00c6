import { randomBytes } from 'node:crypto'
import knexOf from 'knex'
import { Kysely, MysqlDialect, sql } from 'kysely'
import mysql from 'mysql2'
import { Sequelize } from 'sequelize'
import { DataSource, type MigrationInterface, TableIndex } from 'typeorm'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrationFor } from '../../src/explain/migration.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'

const serverUrl = process.env.NONPLUS_TEST_MYSQL9_URL ?? process.env.NONPLUS_TEST_MYSQL_URL
const database = `nonplus_migration_${randomBytes(4).toString('hex')}`

/** As they are verified on MySQL: the schema is the database of the day, and is no part of a migration. */
const INDEXES: readonly (readonly [string, VerifiedIndex])[] = [
  [
    'columns',
    verified('CREATE INDEX orders_customer_id_created_at_idx ON orders (customer_id, created_at)', [
      'customer_id',
      'created_at',
    ]),
  ],
  [
    'a direction',
    verified('CREATE INDEX orders_created_at_id_idx ON orders (created_at DESC, id)', ['created_at', 'id']),
  ],
]

function verified(ddl: string, columns: readonly string[]): VerifiedIndex {
  return {
    ddl,
    schema: 'of_the_day',
    table: 'orders',
    columns,
    method: 'btree',
    costBefore: 5120,
    costAfter: 80,
    verifiedBy: 'temporary-table-clone',
    purpose: 'filter',
  }
}

type Step = (of: unknown) => Promise<unknown>

function load(code: string, modules: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const module = { exports: {} as Record<string, unknown> }
  new Function('module', 'exports', 'require', outputText)(module, module.exports, (name: string) => modules[name])
  return module.exports
}

describe.skipIf(serverUrl === undefined)('on MySQL or MariaDB', () => {
  const url = new URL(serverUrl ?? 'mysql://localhost')
  url.pathname = database
  const pool = mysql.createPool({ uri: serverUrl ?? '', connectionLimit: 1 }).promise()
  const names = async (): Promise<unknown[]> => {
    const [rows] = await pool.query(
      "select distinct index_name as name from information_schema.statistics where table_schema = ? and index_name <> 'PRIMARY'",
      [database],
    )
    return (rows as { name: string }[]).map(({ name }) => name)
  }

  beforeAll(async () => {
    await pool.query(`create database ${database}`)
    await pool.query(`create table ${database}.orders (id int primary key, customer_id int, created_at datetime)`)
  })

  afterAll(async () => {
    await pool.query(`drop database ${database}`)
    await pool.end()
  })

  async function expectRoundTrip({ ddl }: VerifiedIndex, up: () => Promise<unknown>, down: () => Promise<unknown>) {
    await up()
    expect(await names()).toEqual([/INDEX (\S+)/.exec(ddl)?.[1]])
    await down()
    expect(await names()).toEqual([])
  }

  describe.each(INDEXES)('an index of %s', (_, index) => {
    const codeOf = (orm: string): string => migrationFor(index, orm)?.code ?? ''

    test('knex', async () => {
      const knex = knexOf({ client: 'mysql2', connection: url.href })
      const { up, down } = load(codeOf('knex'), {}) as { up: Step; down: Step }
      await expectRoundTrip(
        index,
        () => up(knex),
        () => down(knex),
      ).finally(() => knex.destroy())
    })

    test('kysely', async () => {
      const db = new Kysely({ dialect: new MysqlDialect({ pool: mysql.createPool({ uri: url.href }) }) })
      const { up, down } = load(codeOf('kysely'), { kysely: { sql } }) as { up: Step; down: Step }
      await expectRoundTrip(
        index,
        () => up(db),
        () => down(db),
      ).finally(() => db.destroy())
    })

    test('sequelize', async () => {
      const sequelize = new Sequelize(url.href, { logging: false, dialect: 'mysql' })
      const { up, down } = load(codeOf('sequelize'), {}) as { up: Step; down: Step }
      const by = sequelize.getQueryInterface()
      await expectRoundTrip(
        index,
        () => up(by),
        () => down(by),
      ).finally(() => sequelize.close())
    })

    test('typeorm', async () => {
      const source = await new DataSource({ type: 'mysql', url: url.href }).initialize()
      const [Made] = Object.values(load(codeOf('typeorm'), { typeorm: { TableIndex } })) as [
        new () => MigrationInterface,
      ]
      const runner = source.createQueryRunner()
      await expectRoundTrip(
        index,
        () => new Made().up(runner),
        () => new Made().down(runner),
      ).finally(() => source.destroy())
    })
  })
})
