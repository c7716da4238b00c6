import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { type Outcome, Project } from './project.ts'

const [node] = nodeVersions as [NodeVersion]
let project: Project
let url: string
let client: pg.Client

beforeAll(async () => {
  project = await Project.create()
  project.link('@electric-sql')
  url = await createDatabase('explain')
  client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    create table orders (id int primary key, customer_id int not null, status text not null, note text);
    insert into orders select n, 1 + n * 7919 % 1500, 'sent', repeat('x', 40) from generate_series(1, 30000) as n;
    create function slow() returns int language sql volatile as 'update orders set note = null returning 1';
  `)
  await client.query('analyze orders')
})

afterAll(async () => {
  await client.end()
  project.remove()
})

/** `nonplus explain` in the project of a user; what it reads on standard input comes first. */
function explain(args: readonly string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
  const cli = project.path('node_modules/nonplus/dist/cli/index.js')
  const running = project.start(node, ['node', cli, 'explain', ...args], { env: { DATABASE_URL: url, ...env } })
  running.process.stdin?.end(input)
  return running.outcome as Promise<Outcome>
}

const sqlitePackage = 'better-sqlite3'
const sqliteFolder = join(import.meta.dirname, '../native-sqlite/node_modules')

const byCustomer = 'select * from orders where customer_id = $1'
const secret = 'zq81secret'

describe('nonplus explain', () => {
  test('shows the plan, what was found in it with its DDL, and how to see it by hand', async () => {
    const { end, stdout, stderr } = await explain(['--params', '[77]', byCustomer])
    expect(end).toBe(0)
    // nothing but progress
    expect(stderr).toMatch(/^(nonplus: .* … \(\d+ s\)\n)*$/)
    expect(stdout).toMatch(/^PostgreSQL \d+\.\d+ · planned, not executed · cost [\d,]+\n\n.*Seq Scan/)
    expect(stdout).toMatch(/^warning missing-index \(\w+\) {2}/m)
    expect(stdout).toMatch(/^ +index +CREATE INDEX ON (public\.)?orders \(customer_id\);$/m)
    expect(stdout).toMatch(/begin read only;\n[\s\S]*explain \(verbose, settings\) select \* from orders where/)
    expect(stdout).not.toMatch(/call site lost|77|undefined|explain ·/)
  })

  test('takes the statement from standard input, and the database from --url', async () => {
    const given = ['--url', url, '--params', '[77]', '-']
    const { end, stdout } = await explain(given, { input: `-- of a file\n${byCustomer};\n`, env: { DATABASE_URL: '' } })
    expect(end).toBe(0)
    expect(stdout).toContain('missing-index')
  })

  test('fails on what --fail-on names, and leaves out what --ignore names', async () => {
    const given = ['--params', '[77]', byCustomer]
    expect((await explain(['--fail-on', 'missing-index', ...given])).end).toBe(1)
    expect((await explain(['--fail-on', 'warning', ...given])).end).toBe(1)
    expect((await explain(['--fail-on', 'cartesian-join', ...given])).end).toBe(0)
    const ignored = await explain(['--fail-on', 'warning', '--ignore', 'missing-index', ...given])
    expect({ end: ignored.end, found: /No findings\./.test(ignored.stdout) }).toEqual({ end: 0, found: true })
  })

  test('finds nothing in a sound plan', async () => {
    const { end, stdout } = await explain(['select * from orders where id = 5'])
    expect(end).toBe(0)
    expect(stdout).toMatch(/Index Scan.*orders[\s\S]*^No findings\.$/m)
  })

  test('executes with --analyze what reads', async () => {
    const { stdout } = await explain(['--analyze', '--params', '[77]', byCustomer])
    expect(stdout).toMatch(/^PostgreSQL \S+ · executed · cost [\d,]+ · [\d.]+ ms\n/)
    expect(stdout).toContain('missing-index')
  })

  test('plans with --analyze what writes, says so, and changes nothing', async () => {
    const { end, stdout } = await explain(['--analyze', "update orders set status = 'gone' where customer_id = 4"])
    expect(end).toBe(0)
    expect(stdout).toMatch(/planned, not executed/)
    expect(stdout).toMatch(/^note: It was planned only: .*\(analyze-writes\)$/ms)
    const { rows } = await client.query("select count(*)::int as count from orders where status = 'gone'")
    expect(rows).toEqual([{ count: 0 }])
  })

  test('plans with --analyze what calls a function that may write, and says so', async () => {
    const { end, stdout } = await explain(['--analyze', 'select slow() from orders where id = 3'])
    expect(end).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/note: [^(]*function[^(]* \(calls-volatile-function\)/)
    expect((await client.query('select count(*)::int as count from orders where note is null')).rows).toEqual([
      { count: 0 },
    ])
  })

  test('tells the plan for unknown values', async () => {
    for (const given of [['--generic', byCustomer], [byCustomer]]) {
      const { end, stdout } = await explain(given)
      expect(end).toBe(0)
      expect(stdout).toMatch(/^PostgreSQL \S+ · planned, not executed · for unknown parameters/)
    }
  })

  test('replays settings of the connection', async () => {
    const { stdout } = await explain(['--session', 'set enable_indexscan = off', 'select * from orders where id = 5'])
    expect(stdout).toMatch(/Bitmap Heap Scan on orders/)
    expect(stdout).toMatch(/^ {2}set enable_indexscan = off;$/m)
  })

  test('shows values with --values only', async () => {
    const text = `select * from orders where status = '${secret}' and note = $1`
    const given = ['--params', `["${secret}2"]`, text]
    const hidden = await explain(given)
    expect(hidden.end).toBe(0)
    expect(hidden.stdout + hidden.stderr).not.toContain(secret)
    expect(hidden.stdout).toContain('-- values are left out here: --values tells them')
    expect((await explain(['--reporter', 'json', ...given])).stdout).not.toContain(secret)
    const told = await explain(['--values', ...given])
    expect(told.stdout).toContain(`\\bind '${secret}2' \\g`)
    expect(told.stdout).toContain(`status = '${secret}'`)
  })

  test('writes every reporter; JSON by its schema', async () => {
    const given = ['--params', '[77]', byCustomer]
    const file = project.path('explained.json')
    const { end, stdout } = await explain(['--reporter', 'markdown', '--reporter', `json=${file}`, ...given])
    expect(end).toBe(0)
    expect(stdout).toMatch(
      /^<!-- nonplus -->\n### nonplus: 1 warning in 1 scope\n[\s\S]*missing-index[\s\S]*CREATE INDEX/,
    )
    expect(stdout).not.toMatch(/call site lost|with a call site/)
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    const validate = ajv.compile(
      JSON.parse(readFileSync(project.path('node_modules/nonplus/schema/report.json'), 'utf8')),
    )
    const report = project.readReport('explained.json')
    expect([validate(report), validate.errors]).toEqual([true, null])
    expect(report.coverage.plans).toEqual({ explained: 1, notExplained: [] })
    expect(report.plans).toMatchObject([{ summary: 'SELECT orders', indexes: ['orders.orders_pkey'] }])
  })
})

describe('what cannot be explained', () => {
  test.each<[what: string, args: string[], message: RegExp]>([
    [
      'no statement',
      [],
      /^nonplus: There is no statement to explain: give it as an argument, or - for standard input\.\n$/,
    ],
    ['an empty one', [' ; '], /^nonplus: The text holds no statement\.\n$/],
    [
      'two of them',
      ['select 1; select 2'],
      /^nonplus: One statement is explained at a time, but a second one follows: `select 2`\.\n$/,
    ],
    [
      'params that are no JSON',
      ['--params', '[77', byCustomer],
      /^nonplus: --params must be a JSON array, as in '\[77, "done"\]', but it is no JSON: /,
    ],
    [
      'params that are no list',
      ['--params', '{"a":1}', byCustomer],
      /^nonplus: --params must be a JSON array, .* but got: \{"a":1\}\.\n$/,
    ],
    [
      'too few params',
      ['--params', '[]', byCustomer],
      /^nonplus: The statement has 1 placeholder, but --params has 0\.\n$/,
    ],
    [
      'a timeout of words',
      ['--timeout', 'long', 'select 1'],
      /^nonplus: --timeout must be milliseconds, a whole number from 1 to 600000, but got: long\.\n$/,
    ],
    [
      'flags that exclude each other',
      ['--generic', '--analyze', 'select 1'],
      /^nonplus: --generic and --analyze exclude each other: /,
    ],
    [
      'an unknown kind',
      ['--only', 'missing-indx', 'select 1'],
      /^nonplus: Unknown kind: `missing-indx`\. Did you mean `missing-index`\?\n$/,
    ],
    [
      'an unknown reporter',
      ['--reporter', 'jsn', 'select 1'],
      /^nonplus: Unknown reporter: `jsn`\. Did you mean `json`\?\n$/,
    ],
    [
      'a plan that is not there',
      ['--plan', 'no/such.json'],
      /^nonplus: Cannot read the plan no\/such\.json: there is no such file\.\n$/,
    ],
    [
      'an unknown column',
      ['select id,\n  nmae from orders'],
      /^nonplus: The server refused the statement: column "nmae" does not exist\n {2}2 \| {3}nmae from orders\n {4}\| {3}\^\n$/,
    ],
    [
      'broken syntax',
      ['select * form orders'],
      /^nonplus: The server refused the statement: syntax error at or near "form"\n {2}1 \| select \* form orders\n {4}\| {10}\^\n$/,
    ],
    [
      'an unknown table',
      ['select * from nowhere'],
      /^nonplus: The server refused the statement: relation "nowhere" does not exist\n/,
    ],
    [
      'a value of another type',
      ['--params', '["seven"]', byCustomer],
      /^nonplus: The server refused the statement: invalid input syntax for type integer/,
    ],
  ])('%s: exit code 2, and what is wrong', async (_, args, message) => {
    const { end, stdout, stderr } = await explain(args)
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  test('without a database', async () => {
    const { end, stderr } = await explain(['select 1'], { env: { DATABASE_URL: '' } })
    expect(end).toBe(2)
    expect(stderr).toMatch(/^nonplus: There is no database to ask: give --url postgres:\/\/…/)
  })

  test('of the flag, else of the environment, else of the configuration, else of the application', async () => {
    const at = (port: number) => `postgres://me:hunter2@127.0.0.1:${port}/shop`
    const asked = async (args: readonly string[], env: NodeJS.ProcessEnv) => {
      const { end, stdout, stderr } = await explain([...args, 'select 1'], { env })
      expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
      expect(stderr).not.toContain('hunter2')
      return /127\.0\.0\.1:(\d)\//.exec(stderr)?.[1]
    }
    project.write('url.config.json', JSON.stringify({ explainUrl: at(3) }))
    const file = ['--config', 'url.config.json']
    const env = { DATABASE_URL: at(4) }
    expect(await asked(['--url', at(1), ...file], { ...env, NONPLUS_EXPLAIN_URL: at(2) })).toBe('1')
    expect(await asked(file, { ...env, NONPLUS_EXPLAIN_URL: at(2) })).toBe('2')
    expect(await asked(file, env)).toBe('3')
    expect(await asked([], env)).toBe('4')
  })

  test('on a database that cannot be reached: one sentence, without the password', async () => {
    const wrong = ['postgres://me:hunter2@127.0.0.1:1/shop', 'mysql://me:hunter2@127.0.0.1:1/shop']
    for (const given of wrong) {
      const { end, stdout, stderr } = await explain(['--url', given, 'select 1'])
      expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
      expect(stderr).toMatch(/^nonplus: [^\n]+\n$/)
      expect(stderr).toContain('127.0.0.1')
      expect(stderr).not.toContain('hunter2')
    }
  })

  test.each<[what: string, text: string, code: string]>([
    ['a change of the schema', 'create table a (b int)', 'data-definition'],
    ['a transaction', 'begin', 'transaction-control'],
  ])('%s: exit code 2, and why', async (_, text, code) => {
    const { end, stdout } = await explain([text])
    expect(end).toBe(2)
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`^not explained: [^(]+ \\(${code}\\) $`))
    expect((await client.query("select to_regclass('a') as a")).rows).toEqual([{ a: null }])
  })

  test('is said while it takes long', async () => {
    const text = 'select count(*) from generate_series(1, 6000000) as n'
    const { end, stderr } = await explain(['--analyze', '--timeout', '30000', text])
    expect(end).toBe(0)
    expect(stderr).toMatch(/^nonplus: planning and executing it, and trying indexes … \(1 s\)\n/)
  })
})

describe('statistics of another database', () => {
  let development: string

  beforeAll(async () => {
    development = await createDatabase('development')
    const small = new pg.Client({ connectionString: development })
    await small.connect()
    await small.query(`
      create table orders (id int primary key, customer_id int not null, status text not null, note text);
      insert into orders select n, n, 'sent', null from generate_series(1, 10) as n;
    `)
    await small.query('analyze orders')
    await small.end()
  })

  test('make the plan that the statement has there', async () => {
    const written = await explain(['--export-statistics', 'production.json'])
    expect(written).toMatchObject({ end: 0, stderr: '' })
    expect(written.stdout).toMatch(/^production\.json: statistics of \d+ tables and indexes\n$/)
    expect(project.read('production.json')).not.toContain('sent')
    const here = ['--url', development, '--params', '[77]', byCustomer]
    expect((await explain(here)).stdout).toMatch(/cost 1\.1\n[\s\S]*^No findings\.$/m)
    const { end, stdout } = await explain(['--statistics', 'production.json', ...here])
    expect(end).toBe(0)
    expect(stdout).toMatch(
      /cost 68\d\n[\s\S]*missing-index \(proven\)[\s\S]*index +CREATE INDEX ON orders \(customer_id\);/,
    )
    expect(stdout).toMatch(/verified +cost 68\d → \d+(\.\d)?, used, verified by a clone of schema and statistics/)
    const sqlite = await explain(['--statistics', 'production.json', '--url', 'sqlite:none.db', 'select 1'])
    expect(sqlite.end).toBe(2)
  })

  test.each([
    ['no/such.json', /^nonplus: Cannot read the statistics no\/such\.json: there is no such file\.\n$/],
    ['package.json', /^nonplus: [^\n]*statistics[^\n]*\n$/],
  ])('that are wrong: %s', async (file, message) => {
    const { end, stderr } = await explain(['--statistics', file, byCustomer])
    expect(end).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('a saved plan', () => {
  const saved = JSON.stringify([
    {
      Plan: {
        'Node Type': 'Nested Loop',
        'Total Cost': 900_000,
        'Plan Rows': 50_000_000,
        Plans: [
          { 'Node Type': 'Seq Scan', 'Relation Name': 'orders', Alias: 'a', 'Total Cost': 500, 'Plan Rows': 30_000 },
          {
            'Node Type': 'Seq Scan',
            'Relation Name': 'orders',
            Alias: 'b',
            'Total Cost': 500,
            'Plan Rows': 2_000,
            Filter: `(b.status = '${secret}'::text)`,
          },
        ],
      },
    },
  ])

  test('of a log that ends within a plan, all others are judged', async () => {
    const log = readFileSync(new URL('../explain/fixtures/text/auto-explain.log.txt', import.meta.url), 'utf8')
    const lines = log.split('\n')
    const last = lines.findLastIndex((line) => /->/.test(line))
    project.write('cut.log', [...lines.slice(0, last), (lines[last] ?? '').slice(0, 20)].join('\n'))
    const { end, stdout, stderr } = await explain(['--plan', 'cut.log'], { env: { DATABASE_URL: '' } })
    expect(stdout.match(/^line \d+: .*$/gm)).toHaveLength(3)
    expect(stderr).toMatch(new RegExp(`^nonplus: .*line ${last + 1}`))
    expect(end).toBe(2)
  })

  test('is judged without a database, from a file or standard input', async () => {
    project.write('plan.json', saved)
    for (const [file, input] of [
      ['plan.json', ''],
      ['-', saved],
    ] as const) {
      const text = "select * from orders a, orders b where b.status = 'x'"
      const { end, stdout, stderr } = await explain(['--plan', file, text], { input, env: { DATABASE_URL: '' } })
      expect({ end, stderr }).toEqual({ end: 0, stderr: '' })
      expect(stdout).toMatch(/Nested Loop[\s\S]*error cartesian-join/)
      expect(stdout).not.toContain(secret)
    }
  })

  test('is shown without its statement, too', async () => {
    const { end, stdout } = await explain(['--plan', 'plan.json'], { env: { DATABASE_URL: '' } })
    expect(end).toBe(0)
    expect(stdout).toMatch(/Nested Loop[\s\S]*status = \?/)
  })

  test('of PostgreSQL is read as text, as psql shows it, and as a log of several has it', async () => {
    const psql = [
      '                         QUERY PLAN',
      '------------------------------------------------------------',
      ' Nested Loop  (cost=0.00..900000.00 rows=50000000 width=8)',
      '   ->  Seq Scan on orders a  (cost=0.00..500.00 rows=30000 width=4)',
      '   ->  Seq Scan on orders b  (cost=0.00..500.00 rows=2000 width=4)',
      `         Filter: (status = '${secret}'::text)`,
      '(4 rows)',
      '',
    ]
    const both = "select * from orders a, orders b where b.status = 'x'"
    const shown = await explain(['--plan', '-', both], { input: psql.join('\n'), env: { DATABASE_URL: '' } })
    expect({ end: shown.end, stderr: shown.stderr }).toEqual({ end: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^PostgreSQL[\s\S]*Nested Loop[\s\S]*status = \?[\s\S]*error cartesian-join/)
    const text = join(import.meta.dirname, '../explain/fixtures/text')
    const log = await explain([
      '--plan',
      join(text, 'auto-explain.log.txt'),
      '--reporter',
      'console',
      '--reporter',
      'json=r.json',
    ])
    expect(log.end).toBe(0)
    expect(log.stdout).toMatch(
      /^line 7: SELECT orders\n[\s\S]*\nline 16: SELECT orders\n[\s\S]*\nline \d+: UPDATE orders\n/,
    )
    expect(log.stdout).not.toMatch(/77|'x'/)
    const report = JSON.parse(readFileSync(project.path('r.json'), 'utf8'))
    expect(report.plans).toHaveLength(4)
    expect(report.coverage).toMatchObject({ seen: 4, plans: { explained: 4 } })
    const cut = await explain(['--plan', '-'], { input: psql.slice(0, 4).join('\n') })
    expect(cut.end).toBe(2)
    expect(cut.stderr).toBe(
      'nonplus: Expected a plan of PostgreSQL, but got a text that was cut: what the Nested Loop of line 3 reads is not there; the last line of the plan is 4.\n',
    )
  })

  test('that is none is refused', async () => {
    const { end, stderr } = await explain(['--plan', '-'], { input: '{"a": 1}' })
    expect(end).toBe(2)
    expect(stderr).toMatch(/^nonplus: /)
  })
})

describe('other databases', () => {
  test.runIf(process.env.NONPLUS_TEST_MYSQL_URL)('MariaDB or MySQL', async () => {
    const database = await createMysqlDatabase('explain')
    const connection = await mysql.createConnection({ uri: database, multipleStatements: true })
    await connection.query(`
      create table orders (id int primary key auto_increment, customer_id int not null, note varchar(60) not null);
      insert into orders (customer_id, note) values (1, 'x'), (2, 'x'), (3, 'x'), (4, 'x');
      ${'insert into orders (customer_id, note) select customer_id + 4, note from orders;'.repeat(12)}
      analyze table orders;`)
    await connection.end()
    const given = ['--url', database, '--params', '[77]', 'select * from orders where customer_id = ?']
    const { end, stdout } = await explain(given)
    expect(end).toBe(0)
    expect(stdout).toMatch(
      /^(MariaDB|MySQL) \d+\.\d+\.\d+ · planned, not executed[\s\S]*missing-index[\s\S]*\(customer_id\)/,
    )
    const unbound = await explain(['--url', database, 'select * from orders where customer_id = ?'])
    expect(unbound.stderr).toBe("nonplus: The statement has placeholders: give their values, as in --params '[…]'.\n")
    const broken = await explain(['--url', database, 'select * form orders'])
    expect(broken.stderr).toMatch(/^nonplus: The server refused the statement: .*syntax[\s\S]*\n {4}\| {9,10}\^\n$/)
  })

  test.runIf(existsSync(join(sqliteFolder, sqlitePackage)))('SQLite', async () => {
    project.link(sqlitePackage, join(sqliteFolder, sqlitePackage))
    project.write(
      'fill.cjs',
      `const db = new (require('${sqlitePackage}'))('shop.db')
       db.exec('create table orders (id integer primary key, customer_id int, note text)')
       db.exec("insert into orders with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) " +
         "select i, 1 + i * 7919 % 1500, 'x' from n")
       db.exec('analyze')`,
    )
    expect((await project.start(node, ['node', 'fill.cjs']).outcome).stderr).toBe('')
    const given = ['--params', '[77]', 'select * from orders where customer_id = ?']
    for (const file of ['sqlite:shop.db', 'shop.db']) {
      const { end, stdout } = await explain(['--url', file, ...given])
      expect(end).toBe(0)
      expect(stdout).toMatch(/^SQLite \d+\.\d+[\s\S]*missing-index[\s\S]*CREATE INDEX .*orders \(customer_id\);/)
    }
  })
})
