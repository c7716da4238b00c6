import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { createMysqlDatabase } from './create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'

const root = join(import.meta.dirname, '..')
const cli = join(root, 'dist/cli/index.js')

beforeAll(() => {
  if (!existsSync(cli)) throw new Error('These tests run what `npm run build` makes.')
})

/** One of the folders of examples/, with a database of its own. */
class Example {
  readonly #folder: string
  readonly #databaseUrl: string

  constructor(name: string, databaseUrl: string) {
    this.#folder = join(root, 'examples', name)
    this.#databaseUrl = databaseUrl
  }

  start(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, args, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH, DATABASE_URL: this.#databaseUrl, PORT: '0', COLUMNS: '100' },
      timeout: 50_000,
    })
  }

  /** Output of a command of the page, which has to end well. */
  async run(...args: readonly string[]): Promise<Output> {
    const child = this.start(args)
    const output = outputOf(child)
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code, output.stderr).toBe(0)
    return output
  }

  nonplus(...args: readonly string[]): Promise<Output> {
    return this.run(cli, 'run', '--no-color', '--', 'node', ...args)
  }

  /** `nonplus explain` of a file, on standard input. */
  async explain(file: string, ...args: readonly string[]): Promise<Output> {
    const child = this.start([cli, 'explain', '--no-color', ...args, '-'])
    const output = outputOf(child)
    child.stdin?.end(readFileSync(join(this.#folder, file)))
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code, output.stderr).toBe(0)
    return output
  }

  /** Starts the server of the example under nonplus, visits its pages, and ends it as Ctrl-C does. */
  async serve(paths: readonly string[]): Promise<Output & { answers: unknown[] }> {
    const child = this.start([cli, 'run', '--no-color', '--', 'node', 'server.js'])
    const output = outputOf(child)
    const closed = once(child, 'close')
    try {
      const origin = await originOf(child)
      const answers: unknown[] = []
      for (const path of paths) answers.push(await (await fetch(origin + path)).json())
      child.kill('SIGINT')
      await closed
      return { ...output, answers }
    } finally {
      child.kill('SIGKILL')
    }
  }

  /** Runs a script of its package.json. */
  async script(name: string): Promise<Output & { code: number | null }> {
    const child = spawn('npm', ['run', '--silent', name], {
      cwd: this.#folder,
      env: { PATH: process.env.PATH, DATABASE_URL: this.#databaseUrl, COLUMNS: '100', NO_COLOR: '1', CI: '1' },
      timeout: 50_000,
    })
    const output = outputOf(child)
    const [code] = (await once(child, 'close')) as [number | null]
    return { ...output, code }
  }

  /** The page of the example shows this, but for times; UPDATE_GOLDEN=1 writes it there. */
  expectShown(output: string, mark = 'output'): void {
    const file = join(this.#folder, 'README.md')
    const [before = '', shown = '', after = ''] = readFileSync(file, 'utf8').split(
      new RegExp(`(?<=<!-- ${mark} -->\n)|(?=<!-- /${mark} -->)`),
    )
    const text = `\n\`\`\`\n${output.trim()}\n\`\`\`\n\n`
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, before + text + after)
    else expect(linesOf(text)).toEqual(linesOf(shown))
  }
}

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** What a process has printed; grows until it ends. */
function outputOf(child: ChildProcess): Output {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk
    })
  }
  return output
}

async function originOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const origin = /^listening on (http:\S+)$/.exec(line)?.[1]
    if (origin !== undefined) return origin
  }
  throw new Error('The example did not start.')
}

/** Lines without what differs from run to run: times, and what is broken, sorted and aligned by them. */
function linesOf(output: string): string[] {
  return (
    output
      .replaceAll(/[\d.]+ (ms|s|µs|%)(?=\W)/g, '# $1')
      .replaceAll(/# (s|µs)(?=\W)/g, '# ms')
      .replaceAll(/^(error .*)\n {2}(?=\S)/gm, '$1 ')
      .replaceAll(/, # % of the \w+/g, '')
      // costs come of a sample of the rows
      .replaceAll(/(?<=cost )[\d,.]+ → [\d,.]*\d/g, '# → #')
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '))
      // where a name is cut depends on how wide the times are
      .map((line) => line.replace(/^(.{20}).*….*?(?=[ \d–]+ # ms \d+$)/, '$1…'))
      .sort()
  )
}

test('script-pg: a loop is found in the scope of the script, and its page shows what is printed', async () => {
  const example = new Example('script-pg', await createDatabase('script-pg'))
  const seed = await example.nonplus('seed.js')
  expect(seed.stdout).toBe('seeded 48 orders of 9 customers\n')
  expect(seed.stderr).toContain('No findings')
  const loop = await example.nonplus('report.js')
  expect(loop.stderr).toMatch(/^error n-plus-one \(proven\) {2}12 × SELECT customers with 9 different keys/m)
  expect(loop.stderr).toMatch(/^report\.js +1 +13 .* 1$/m)
  example.expectShown(loop.stderr)
  const fixed = await example.nonplus('report.js', '--fixed')
  expect(fixed.stdout).toBe(loop.stdout)
  expect(fixed.stderr).toMatch(/^report\.js +1 +2 .* 0$/m)
})

test('explain: the index that a page wants is tried and advised, and its page shows what is printed', async () => {
  const example = new Example('explain', await createDatabase('explain'))
  expect((await example.run('seed.js')).stdout).toBe('seeded 30000 orders of 1500 customers\n')
  const { stdout } = await example.explain('latest-orders.sql', '--params', '[77]')
  expect(stdout).toMatch(/^warning missing-index \(proven\) {2}/m)
  expect(stdout).toMatch(/^ +index +CREATE INDEX ON (public\.)?orders \(customer_id, created_at/m)
  expect(stdout).not.toContain('77')
  example.expectShown(stdout)
  const run = await example.run(cli, 'run', '--explain', '--no-color', '--', 'node', 'page.js')
  expect(run.stdout).toBe('10 orders\n')
  expect(run.stderr).toMatch(/missing-index \(proven\)[\s\S]*page\.js:9:\d+ \(findLatestOrders\)/)
  // how heavy it is, and how long explaining takes, is a matter of the machine
  const shown = run.stderr
    .replaceAll(/^nonplus: explaining .*\n/gm, '')
    .replace(/^(?:error|warning|info)(?= missing-index)/m, 'error')
    .replace(/^1 (?:error|warning|info) in/m, '1 error in')
  example.expectShown(shown, 'run')
})

const runners: [name: string, file: string][] = [
  ['vitest', 'posts.test.js'],
  ['jest', 'posts.test.js'],
  ['mocha', 'posts.test.js'],
  ['node-test', 'posts.test.js'],
]

/** The example of a test runner does what its page says; which shows it as it is on PostgreSQL. */
async function expectTested(name: string, file: string, databaseUrl: string, isShown: boolean): Promise<void> {
  const example = new Example(name, databaseUrl)
  const suite = await example.script('test')
  expect(suite.code, suite.stdout + suite.stderr).toBe(0)
  const report = /^error n-plus-one \(proven\)[\s\S]*\scall\s+site\./m.exec(suite.stderr)?.[0] ?? suite.stderr
  expect(report).toMatch(/^error n-plus-one \(proven\) {2}3 × SELECT authors with 3 different keys/)
  const row = new RegExp(`^${file} > lists posts with their authors +1 +(\\d+) .* 1$`, 'm')
  // hooks are a part of the test in node:test: here they make two tables, and two rows for each of three posts
  expect(row.exec(report)?.[1]).toBe(name === 'node-test' ? '14' : '4')
  const { code, stdout, stderr } = await example.script('failing')
  expect(code).not.toBe(0)
  const [, indent = '', failure = ''] =
    /^( *)(?:.*Error: )?(Expected no N\+1, but found 1:[\s\S]*?identity +\S+)$/m.exec(`${stdout}\n${stderr}`) ?? []
  expect(failure).toContain('proof')
  if (!isShown) return
  example.expectShown(report)
  example.expectShown(
    failure.replaceAll(/^ +(?=error n-plus-one)/gm, '').replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    'failure',
  )
}

test.each(runners)('%s: the suite is reported on, and its page shows what is printed', async (name, file) => {
  await expectTested(name, file, await createDatabase(name), true)
})

const hasOtel = existsSync(join(root, 'examples/otel-staging/node_modules'))
if (!hasOtel) process.stderr.write('examples/otel-staging is not tested: npm ci --prefix examples/otel-staging\n')

test.runIf(hasOtel)(
  'otel-staging: the trace of two services has the finding on it, and its page shows it',
  async () => {
    const example = new Example('otel-staging', await createDatabase('otel-staging'))
    await example.run('seed.js')
    const { stdout } = await example.run('start.js')
    expect(stdout).toMatch(/prices: serves GET \/prices · .* · nonplus\.findings 1 · nonplus\.n_plus_one true$/m)
    example.expectShown(stdout)
  },
)

const hasMysql = process.env.NONPLUS_TEST_MYSQL_URL !== undefined
if (!hasMysql) process.stderr.write(`examples/fastify-mysql2 is not tested: ${HOW_TO_GET_MYSQL}\n`)

describe.runIf(hasMysql)('with MariaDB or MySQL', () => {
  test.each(runners)('%s: the suite is reported on', async (name, file) => {
    await expectTested(name, file, await createMysqlDatabase(name), false)
  })

  test('fastify-mysql2: loops are found per request, and its page shows what is printed', async () => {
    const example = new Example('fastify-mysql2', await createMysqlDatabase('fastify-mysql2'))
    const { stdout } = await example.run('seed.js')
    expect(stdout).toBe('seeded 12 products\n')
    const { stderr, answers } = await example.serve(['/products', '/ratings', '/fixed/products'])
    expect(stderr).toMatch(/^error n-plus-one \(proven\) {2}10 × SELECT stocks with 10 different keys/m)
    expect(stderr).toMatch(/^error n-plus-one \(proven\) {2}10 × SELECT reviews with 10 different keys/m)
    const [products, ratings, fixed] = answers
    expect(products).toHaveLength(10)
    expect(fixed).toEqual(products)
    expect(ratings).toHaveLength(10)
    const table = [...stderr.matchAll(/^(GET \S+) +(\d+) +(\d+) .* (\d+)$/gm)].map((match) =>
      match.slice(1).join(' | '),
    )
    expect(table.sort()).toEqual([
      'GET /fixed/products | 1 | 1 | 0',
      'GET /products | 1 | 11 | 1',
      'GET /ratings | 1 | 11 | 1',
    ])
    example.expectShown(stderr)
  })
})
