// What explaining costs: 1,000 statements of different shape, planned only, then with the catalog, then studied with advice.
// It reads the sources, as the tests do, so nothing is to be built. PostgreSQL is the server in
// NONPLUS_TEST_POSTGRES_URL, MariaDB or MySQL that in NONPLUS_TEST_MYSQL_URL; those that are not there are left out.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'

const root = fileURLToPath(new URL('..', import.meta.url))
const jiti = createJiti(import.meta.url)
const { connect } = await jiti.import('../src/explain/connect.ts')
const { explainStatement } = await jiti.import('../src/explain/explain-statement.ts')
const { readCatalog } = await jiti.import('../src/explain/read-catalog.ts')
const { studyStatement } = await jiti.import('../src/explain/study-statement.ts')
const { betterSqlite3Connection } = await jiti.import('../src/explain/better-sqlite3-connection.ts')

const STATEMENTS = Number(process.argv[2] ?? 1000)
const TABLES = 20
const COLUMNS = ['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g']
const SCHEMA = 'nonplus_bench_explain'

/** Statements of different shape: by table, columns, order, join. */
function* statements(placeholder) {
  for (let n = 0; ; n++) {
    const table = `t${n % TABLES}`
    const shape = Math.floor(n / TABLES)
    const [first, second, third] = [0, 3, 5].map((step) => COLUMNS[(shape + step) % COLUMNS.length])
    const alias = `n${n}`
    const join = shape % 3 === 0 ? ` join t${(n + 1) % TABLES} j on j.id = ${alias}.a` : ''
    const order = shape % 2 === 0 ? ` order by ${alias}.${third} limit ${shape + 1}` : ''
    yield `select ${alias}.${first} from ${table} ${alias}${join} where ${alias}.${second} = ${placeholder}${order}`
  }
}

async function setUp(connection, dialect) {
  const columns = COLUMNS.slice(1).map((name) => `${name} int`)
  const series =
    'with recursive n (n) as (select 1 union all select n + 1 from n where n < 900) select n, n % 7, n % 11, n % 13, n % 17, n % 19, n % 23, n from n'
  for (let table = 0; table < TABLES; table++) {
    await connection.query(`create table t${table} (id int primary key, ${columns.join(', ')})`)
    await connection.query(`create index i${table} on t${table} (c)`)
    await connection.query(`insert into t${table} ${series}`)
    if (dialect !== 'sqlite') await connection.query(`${dialect === 'mysql' ? 'analyze table' : 'analyze'} t${table}`)
  }
}

async function measure(name, connection, dialect) {
  const placeholder = dialect === 'postgresql' ? '$1' : '?'
  const steps = {
    'plan only': (request) => explainStatement(connection, request),
    'and catalog': async (request) => {
      const outcome = await explainStatement(connection, request)
      if ('refusal' in outcome) return outcome
      await readCatalog(connection, outcome.plan)
      return outcome
    },
    'and advice': ({ values, ...request }) =>
      studyStatement(connection, { ...request, vectors: [{ values, executions: 1 }] }),
  }
  for (const [step, run] of Object.entries(steps)) {
    const texts = statements(placeholder)
    await run({ text: texts.next().value, values: [5], dialect, mode: 'plan' })
    const begun = performance.now()
    let refused = 0
    for (let n = 0; n < STATEMENTS; n++) {
      const outcome = await run({ text: texts.next().value, values: [5], dialect, mode: 'plan' })
      if ('refusal' in outcome) refused++
    }
    const ms = performance.now() - begun
    const cells = [name, step, `${(ms / 1000).toFixed(1)} s`, `${(ms / STATEMENTS).toFixed(2)} ms`, refused]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
}

process.stdout.write(
  `| server | ${STATEMENTS} statements | in all | each | refused |\n| --- | --- | ---: | ---: | ---: |\n`,
)

const postgresUrl = process.env.NONPLUS_TEST_POSTGRES_URL
if (postgresUrl) {
  const connection = await connect(postgresUrl, { from: root })
  await connection.query(`drop schema if exists ${SCHEMA} cascade`)
  await connection.query(`create schema ${SCHEMA}`)
  await connection.query(`set search_path = ${SCHEMA}`)
  await setUp(connection, 'postgresql')
  await measure(`PostgreSQL ${connection.serverVersion}`, connection, 'postgresql')
  await connection.query(`drop schema ${SCHEMA} cascade`)
  await connection.close()
}

const mysqlUrl = process.env.NONPLUS_TEST_MYSQL_URL
if (mysqlUrl) {
  const connection = await connect(mysqlUrl, { from: root })
  await connection.query(`drop database if exists ${SCHEMA}`)
  await connection.query(`create database ${SCHEMA}`)
  await connection.query(`use ${SCHEMA}`)
  await setUp(connection, 'mysql')
  await measure(connection.serverVersion.replace(/-.*(MariaDB).*/, ' $1'), connection, 'mysql')
  await connection.query(`drop database ${SCHEMA}`)
  await connection.close()
}

const require = createRequire(new URL('../test/native-sqlite/index.js', import.meta.url))
const database = new (require('better-sqlite3'))(':memory:')
const sqlite = await betterSqlite3Connection({
  prepare(text) {
    const statement = database.prepare(text)
    return statement.reader ? statement : { all: (...values) => [statement.run(...values)] }
  },
})
await setUp(sqlite, 'sqlite')
await measure(`SQLite ${sqlite.serverVersion}`, sqlite, 'sqlite')
