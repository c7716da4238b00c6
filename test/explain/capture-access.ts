import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { type AccessCase, accessCases } from './access-cases.ts'

/**
 * Writes the plans of the access cases, as the servers of the tests give them:
 *
 *     npx tsx test/explain/capture-access.ts [case]
 */
const folder = join(import.meta.dirname, 'fixtures/access')
const [, , only] = process.argv

function write(name: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), `${text.trimEnd()}\n`)
}

/** The server's name and where it is do not belong into a file. */
function compact(value: unknown): string {
  return JSON.stringify(value, null, 1)
}

function casesFor(engine: AccessCase['engine']): AccessCase[] {
  return accessCases.filter((one) => one.engine === engine && (only === undefined || one.name === only))
}

async function capturePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const version = (await client.query('show server_version_num')).rows[0].server_version_num.slice(0, 2)
  for (const { name, setup, sql, values = [] } of casesFor('postgres')) {
    const schema = `access_${name.replaceAll('-', '_')}`
    await client.query(`drop schema if exists ${schema} cascade; create schema ${schema}; set search_path = ${schema}`)
    for (const text of setup) await client.query(text)
    for (const [mode, options] of [
      ['plan', 'verbose, settings, format json'],
      ['analyze', 'analyze, buffers, verbose, settings, format json'],
    ] as const) {
      await client.query('begin')
      const { rows } = await client.query(`explain (${options}) ${sql}`, [...values])
      await client.query('rollback')
      write(`${name}.${mode}.pg-${version}.json`, compact(rows[0]['QUERY PLAN'][0]))
    }
    await client.query(`reset all; drop schema ${schema} cascade`)
  }
  await client.end()
}

async function captureMysql(url: string): Promise<void> {
  const admin = await mysql.createConnection(url)
  const [versions] = await admin.query('select version() as version')
  const { version } = (versions as { version: string }[])[0] ?? { version: '' }
  const isMariadb = /maria/i.test(version)
  const label = `${isMariadb ? 'mariadb' : 'mysql'}-${/^\d+\.\d+/.exec(version)?.[0]}`
  for (const { name, setup, sql, values = [] } of casesFor('mysql')) {
    await admin.query('drop database if exists access_cases')
    await admin.query('create database access_cases')
    await admin.query('use access_cases')
    if (isMariadb) await admin.query('set max_recursive_iterations = 1000000')
    else await admin.query('set cte_max_recursion_depth = 1000000')
    for (const text of setup) await admin.query(text)
    const text = mysql.format(sql, values.map(String))
    const ask = async (statement: string): Promise<string> => {
      const [rows] = await admin.query(statement)
      return Object.values((rows as Record<string, string>[])[0] ?? {})[0] ?? ''
    }
    const isRead = /^select/i.test(sql) && !/for update/.test(sql)
    if (isMariadb) {
      write(`${name}.plan.${label}.json`, await ask(`explain format=json ${text}`))
      if (isRead) write(`${name}.analyze.${label}.json`, await ask(`analyze format=json ${text}`))
    } else {
      await admin.query('set explain_json_format_version = 1')
      write(`${name}.plan.${label}.v1.json`, await ask(`explain format=json ${text}`))
      await admin.query('set explain_json_format_version = 2')
      if (/^select/i.test(sql)) write(`${name}.plan.${label}.json`, await ask(`explain format=json ${text}`))
      if (isRead) write(`${name}.analyze.${label}.txt`, await ask(`explain analyze format=tree ${text}`))
    }
    await admin.query(`explain ${text}`)
    const [warnings] = await admin.query('show warnings')
    const notes = (warnings as { Code: number; Message: string }[]).filter(({ Code }) => Code !== 1003)
    if (notes.length > 0) write(`${name}.warnings.${label}.json`, compact(notes))
  }
  await admin.query('drop database if exists access_cases')
  await admin.end()
}

/** Through the sqlite3 that is installed for the tests of native drivers. */
function captureSqlite(): void {
  for (const { name, setup, sql, values = [] } of casesFor('sqlite')) {
    const script = `
      const Database = require('better-sqlite3')
      const { setup, sql, values } = JSON.parse(process.argv[1])
      const db = new Database(':memory:')
      for (const text of setup) db.exec(text)
      const rows = db.prepare('explain query plan ' + sql).all(...values)
      console.log(JSON.stringify({ version: db.prepare('select sqlite_version() v').get().v, rows }))`
    const output = execFileSync(process.execPath, ['-e', script, JSON.stringify({ setup, sql, values })], {
      cwd: join(import.meta.dirname, '../native-sqlite'),
      encoding: 'utf8',
    })
    const { version, rows } = JSON.parse(output)
    write(`${name}.plan.sqlite-${version.split('.').slice(0, 2).join('.')}.json`, compact(rows))
  }
}

async function main(): Promise<void> {
  const { env } = process
  for (const url of [env.NONPLUS_TEST_POSTGRES_URL, env.NONPLUS_TEST_POSTGRES15_URL]) {
    if (url !== undefined) await capturePostgres(url)
  }
  for (const url of [env.NONPLUS_TEST_MYSQL_URL, env.NONPLUS_TEST_MYSQL9_URL]) {
    if (url !== undefined) await captureMysql(url)
  }
  captureSqlite()
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
})
