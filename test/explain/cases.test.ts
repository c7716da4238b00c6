import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { reportsOfExplained } from '../../src/cli/explain/explained-report.ts'
import { betterSqlite3Connection } from '../../src/explain/better-sqlite3-connection.ts'
import { connect } from '../../src/explain/connect.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'
import { loadNativeSqlite } from '../instrument/native-sqlite.ts'
import { postgres15Server } from '../postgres-15-server.ts'
import { type CaseResult, isFound, judgeCase, type Stage } from './judge-case.ts'
import { type ExplainCase, readCases } from './read-case.ts'

interface Sqlite {
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
  exec(text: string): unknown
  close(): unknown
}

// better-sqlite3 12 has no build for newer versions of Node.js that 13 has one for
const sqlitePackage = process.versions.node.startsWith('20.') ? 'better-sqlite3' : 'better-sqlite3-13'
const Database = loadNativeSqlite<new (file: string) => Sqlite>(sqlitePackage)

/** A database in which a case is set up. */
interface Ground {
  /** Runs statements that change it. */
  run(statements: readonly string[]): Promise<void>
  readonly connection: SideConnection
  /** Statements that the connection of the application would have sent. */
  readonly session: readonly string[]
  close(): Promise<void>
}

/** A server, or a library, that the cases are run on. */
interface Server {
  readonly name: string
  readonly engine: ExplainCase['engine']
  open(given: ExplainCase): Promise<Ground>
}

const dialects = { postgres: 'postgresql', mysql: 'mysql', sqlite: 'sqlite' } as const

/** So long the catalog is kept, and a little more: a repair is seen after it. */
const KEPT_MS = 1_050

/** Other values that the application sent, where a case is about that. */
const otherValues: Readonly<Record<string, readonly unknown[]>> = { pg19: ['q7'] }

async function studied(ground: Ground, given: ExplainCase, mode: 'plan' | 'analyze', isCured: boolean) {
  const isRewritten = isCured && given.fixedQuery !== undefined
  const text = isRewritten ? (given.fixedQuery ?? '') : given.query
  const others = otherValues[given.short]
  const dialect = dialects[given.engine]
  const outcome = await studyStatement(ground.connection, {
    text,
    dialect,
    mode,
    session: [...ground.session, ...given.session],
    timeoutMs: 30_000,
    vectors: [
      { values: isRewritten ? [] : given.params, executions: 3 },
      ...(others === undefined ? [] : [{ values: others, executions: 2 }]),
    ],
  })
  if (!('explained' in outcome)) throw new Error(`${given.id} was refused: ${outcome.refusal.message}`)
  const asked = { text, dialect, values: isRewritten ? [] : given.params, ...outcome }
  const findings = reportsOfExplained([asked], {}).flatMap((report) => report.findings)
  return { findings, plans: outcome.explained.plans.map(({ plan }) => plan) }
}

async function stage(
  ground: Ground,
  given: ExplainCase,
  isCured = false,
): Promise<Stage & { readonly hasJit: boolean }> {
  const plan = await studied(ground, given, 'plan', isCured)
  if (given.isPlanOnly) return { plan: plan.findings, hasJit: false }
  const analyze = await studied(ground, given, 'analyze', isCured)
  const hasJit = analyze.plans.some(({ jit }) => jit !== undefined)
  return { plan: plan.findings, analyze: analyze.findings, hasJit }
}

async function runCase(server: Server, given: ExplainCase): Promise<CaseResult> {
  const ground = await server.open(given)
  try {
    await ground.run(given.setup)
    const before = await stage(ground, given)
    const canShow = given.short !== 'pg18' || before.hasJit
    if (given.fix.length === 0 && given.fixedQuery === undefined) return { before, canShow }
    const seenAt = performance.now()
    await ground.run(given.fix)
    await sleep(Math.max(0, seenAt + KEPT_MS - performance.now()))
    return { before, canShow, after: await stage(ground, given, true) }
  } finally {
    await ground.close()
  }
}

function postgres(name: string, url: string): Server {
  return {
    name,
    engine: 'postgres',
    async open({ short }) {
      const schema = `case_${short}_${randomBytes(3).toString('hex')}`
      const database = `nonplus_cases_${randomBytes(4).toString('hex')}`
      const admin = new pg.Client({ connectionString: url })
      await admin.connect()
      await admin.query(`create database ${database}`)
      const own = new URL(url)
      own.pathname = database
      const client = new pg.Client({ connectionString: own.href })
      await client.connect()
      const searchPath = `set search_path = ${schema}, public`
      await client.query('create extension pg_trgm schema public')
      await client.query(`create schema ${schema}`)
      await client.query(searchPath)
      const connection = await connect(own.href, { from: process.cwd() })
      return {
        connection,
        session: [searchPath],
        async run(statements) {
          for (const statement of statements) await client.query(statement)
        },
        async close() {
          await connection.close()
          await client.end()
          await admin.query(`drop database ${database} with (force)`)
          await admin.end()
        },
      }
    },
  }
}

function mysqlServer(name: string, url: string): Server {
  return {
    name,
    engine: 'mysql',
    async open({ short }) {
      const database = `case_${short}_${randomBytes(3).toString('hex')}`
      const client = await mysql.createConnection({ uri: url })
      await client.query(`create database ${database} character set utf8mb4`)
      await client.query(`use ${database}`)
      const [[row]] = (await client.query('select version() as version')) as unknown as [[{ version: string }]]
      const depth = /maria/i.test(row.version) ? 'max_recursive_iterations' : 'cte_max_recursion_depth'
      await client.query(`set session ${depth} = 1000000`)
      const own = new URL(url)
      own.pathname = database
      const connection = await connect(own.href, { from: process.cwd() })
      return {
        connection,
        session: [],
        async run(statements) {
          for (const statement of statements) await client.query(statement)
        },
        async close() {
          await connection.close()
          await client.query(`drop database ${database}`)
          await client.end()
        },
      }
    },
  }
}

const sqlite = (): Server => ({
  name: 'SQLite',
  engine: 'sqlite',
  async open() {
    if (Database === undefined) throw new Error('There is no SQLite.')
    const database = new Database(':memory:')
    return {
      connection: await betterSqlite3Connection(database),
      session: [],
      async run(statements) {
        for (const statement of statements) database.exec(statement)
      },
      async close() {
        database.close()
      },
    }
  },
})

const { NONPLUS_TEST_POSTGRES_URL, NONPLUS_TEST_MYSQL_URL, NONPLUS_TEST_MYSQL9_URL } = process.env
const postgres15 = await postgres15Server()
const servers: readonly Server[] = [
  ...(NONPLUS_TEST_POSTGRES_URL === undefined ? [] : [postgres('PostgreSQL 18', NONPLUS_TEST_POSTGRES_URL)]),
  ...(postgres15 === undefined ? [] : [postgres('PostgreSQL 15', postgres15.url)]),
  ...(NONPLUS_TEST_MYSQL_URL === undefined ? [] : [mysqlServer('MariaDB', NONPLUS_TEST_MYSQL_URL)]),
  ...(NONPLUS_TEST_MYSQL9_URL === undefined ? [] : [mysqlServer('MySQL 9', NONPLUS_TEST_MYSQL9_URL)]),
  ...(Database === undefined ? [] : [sqlite()]),
]

if (NONPLUS_TEST_POSTGRES_URL === undefined) throw new Error('The cases want a PostgreSQL: see the start of the run.')
for (const [name, url, how] of [
  ['MariaDB', NONPLUS_TEST_MYSQL_URL, 'apt-get install mariadb-server, or set NONPLUS_TEST_MYSQL_URL'],
  ['MySQL 9', NONPLUS_TEST_MYSQL9_URL, 'set NONPLUS_TEST_MYSQL9_URL, see test/mysql-9.sh'],
]) {
  if (url === undefined) process.stderr.write(`!! The cases of plans are not run on ${name}: ${how}\n`)
}

interface Sums {
  found: number
  total: number
  falseAlarms: number
  negatives: number
  /** A line each. */
  readonly wrong: string[]
}

/** By server: how many were found, of how many; what was said where nothing is wrong. */
const tally = new Map<string, Sums>()

afterAll(async () => {
  await postgres15?.stop()
  for (const [name, { found, total, falseAlarms, negatives, wrong }] of tally) {
    const sums = `${found} of ${total} found, ${falseAlarms} false alarms in ${negatives} negative cases`
    process.stdout.write(`${[`${name.padEnd(13)} ${sums}`, ...wrong].join('\n    ')}\n`)
  }
})

function count(server: Server, given: ExplainCase, { before, canShow }: CaseResult, wrong: readonly string[]): void {
  const sums = tally.get(server.name) ?? { found: 0, total: 0, falseAlarms: 0, negatives: 0, wrong: [] }
  tally.set(server.name, sums)
  sums.wrong.push(...wrong.map((what) => `${given.short} ${what}`))
  const all: readonly Finding[] = [...before.plan, ...(before.analyze ?? [])]
  if (given.isNegative) {
    sums.negatives++
    sums.falseAlarms += all.length
  } else if (canShow) {
    sums.total++
    if (isFound(given, all)) sums.found++
  }
}

describe.each(servers)('the cases on $name', (server) => {
  test.each(readCases(server.engine).map((given) => [given.id, given] as const))('%s', async (_, given) => {
    const result = await runCase(server, given)
    const wrong = judgeCase(given, result)
    count(server, given, result, wrong)
    expect(wrong).toEqual([])
  })
})
