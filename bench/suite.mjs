import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/*
 * `node bench/suite.mjs [--runs 7] [--tests 200] [--only Vitest]`: what the whole-suite mode adds to a test suite, side
 * by side. The same tests of five queries each run with it and without it, by turns, in each test runner; the order is
 * changed from round to round. Prints a table. Wants a build, and the PostgreSQL of NONPLUS_TEST_POSTGRES_URL.
 */
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    tests: { type: 'string', default: '200' },
    only: { type: 'string' },
  },
})

const TESTS = Number(options.tests)
const root = fileURLToPath(new URL('..', import.meta.url))
const databaseUrl = process.env.NONPLUS_TEST_POSTGRES_URL
if (databaseUrl === undefined) throw new Error('Set NONPLUS_TEST_POSTGRES_URL to a PostgreSQL.')
if (!existsSync(join(root, 'dist/index.js'))) throw new Error('Build first: npm run build.')

const require = createRequire(join(root, 'noop.js'))
const binOf = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file)

/** Tests, of which every tenth has a loop: what is found must be judged and told. */
const body = (open) => `
${open}
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
async function page(size) {
  const { rows } = await pool.query('select n as id from generate_series(1, 4) n')
  if (size % 10 === 0) for (const { id } of rows) await pool.query('select $1::int as id', [id])
  else for (const column of ['a', 'b', 'c', 'd']) await pool.query('select 1 as ' + column)
}
closing(() => pool.end())
for (let count = 1; count <= ${TESTS}; count++) test('page ' + count, () => page(count))
`

const runners = [
  {
    name: 'Vitest',
    files: {
      'suite.test.mjs': body("import pg from 'pg'\nimport { afterAll as closing, test } from 'vitest'"),
      'off.config.mjs': "export default { test: { include: ['*.test.mjs'] } }",
      'on.config.mjs':
        "import nonplus from 'nonplus/vitest/plugin'\nexport default { plugins: [nonplus({ quiet: true })], test: { include: ['*.test.mjs'] } }",
    },
    command: (mode) => [binOf('vitest', 'vitest.mjs'), 'run', '--config', `${mode}.config.mjs`],
  },
  {
    name: 'Jest',
    files: {
      'suite.test.cjs': body("const pg = require('pg')\nconst closing = afterAll"),
      'off.config.cjs': "module.exports = { testRegex: 'test\\\\.cjs$', watchman: false, transform: {} }",
      'on.config.cjs':
        "module.exports = require('nonplus/jest/config').withNonplus(require('./off.config.cjs'), { quiet: true })",
    },
    command: (mode) => [binOf('jest', 'bin/jest.js'), '--runInBand', '--config', `${mode}.config.cjs`],
  },
  {
    name: 'mocha',
    files: { 'suite.test.mjs': body("import pg from 'pg'\nconst { after: closing, it: test } = globalThis") },
    command: (mode) => [
      ...[binOf('mocha', 'bin/mocha.js'), 'suite.test.mjs'],
      ...(mode === 'on' ? ['--require', 'nonplus/mocha'] : []),
    ],
  },
  {
    name: 'node:test',
    files: { 'suite.test.mjs': body("import { after as closing, test } from 'node:test'\nimport pg from 'pg'") },
    command: (mode) => [...(mode === 'on' ? ['--require', 'nonplus/node-test'] : []), '--test', 'suite.test.mjs'],
  },
]

/** Wall clock of one run, in milliseconds. */
async function time(folder, command, mode) {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const env = { ...process.env, DATABASE_URL: databaseUrl, NONPLUS_QUIET: '1', NONPLUS_REPORTER: `json=${report}` }
  const start = performance.now()
  const child = spawn(process.execPath, command, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const [code] = await once(child, 'close')
  const took = performance.now() - start
  if (code !== 0) throw new Error(output)
  if (mode === 'on') checkReport(report)
  return took
}

// what was not seen costs nothing
function checkReport(file) {
  const { coverage, scopes, unlisted = [] } = JSON.parse(readFileSync(file, 'utf8'))
  const tests = scopes.length + unlisted.reduce((sum, { runs = 0 }) => sum + runs, 0)
  if (coverage.attributed < TESTS * 5 || tests < TESTS)
    throw new Error(`${tests} tests, ${coverage.attributed} queries`)
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return [0.25, 0.75].map((part) => sorted[Math.round((sorted.length - 1) * part)])
}

const scratch = mkdtempSync(join(root, 'bench/suite-'))
// as it is installed: what is not in node_modules is compiled by runners once more
for (const part of ['dist', 'package.json']) {
  cpSync(join(root, part), join(scratch, 'node_modules/nonplus', part), { recursive: true })
}
const rows = []
try {
  for (const { name, files, command } of runners.filter(({ name }) => name === (options.only ?? name))) {
    const folder = join(scratch, name.replaceAll(/\W/g, ''))
    mkdirSync(folder)
    for (const [file, text] of Object.entries({ 'package.json': '{}', ...files }))
      writeFileSync(join(folder, file), text)
    const times = { off: [], on: [] }
    for (const mode of ['off', 'on']) await time(folder, command(mode), mode)
    for (let run = 0; run < Number(options.runs); run++) {
      const order = run % 2 === 0 ? ['off', 'on'] : ['on', 'off']
      for (const mode of order) times[mode].push(await time(folder, command(mode), mode))
    }
    const added = times.on.map((took, run) => took - times.off[run])
    const [low, high] = quartiles(added).map((value) => value / TESTS)
    const perTest = (median(added) / TESTS).toFixed(2)
    rows.push(
      `| ${name} | ${Math.round(median(times.off))} ms | ${Math.round(median(times.on))} ms | ` +
        `${perTest} ms (${low.toFixed(2)} to ${high.toFixed(2)}) |`,
    )
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

process.stdout.write(
  `${TESTS} tests of 5 queries on PostgreSQL, one worker; ${options.runs} runs of each, by turns. Node ${process.versions.node}, ` +
    `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}.\n\n` +
    '| | without | whole suite | added per test: median (middle half) |\n| --- | --- | --- | --- |\n' +
    `${rows.join('\n')}\n`,
)
