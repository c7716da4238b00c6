import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reporters } from '../src/reporters/index.ts'
import { createDatabase } from './create-database.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'nonplus-docs-'))
const outputs = new Map<string, string>()

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** A command of nonplus, in the folder of the example that the pages show. */
let nonplus: (...args: string[]) => Promise<Output>

const path = (name: string) => join(folder, name)
const read = (name: string) => readFileSync(path(name), 'utf8')

beforeAll(async () => {
  const env = { PATH: process.env.PATH, DATABASE_URL: await createDatabase('docs-output'), COLUMNS: '100' }
  const cli = join(root, 'dist/cli/index.js')
  nonplus = (...args) =>
    promisify(execFile)(process.execPath, [cli, ...args], { cwd: join(root, 'examples/script-pg'), env })
  await nonplus('run', '--quiet', '--', 'node', 'seed.js')
  const flags = Object.keys(reporters).flatMap((name) => ['--reporter', `${name}=${path(name)}`])
  await nonplus('run', '--quiet', ...flags, '--', 'node', 'report.js')
  await nonplus('run', '--quiet', '--reporter', `json=${path('repaired')}`, '--', 'node', 'report.js', '--fixed')
  const reason = 'Known on day one, see ticket 412.'
  await nonplus('baseline', path('json'), '--file', path('baseline'), '--reason', reason)
  const { stderr } = await nonplus('run', '--baseline', path('baseline'), '--', 'node', 'report.js')
  const { stdout } = await nonplus('diff', path('json'), path('repaired'))
  const [result] = JSON.parse(read('sarif')).runs[0].results
  const { explained, changed } = await planOutputs(cli)
  const excerpts: Record<string, [language: string, text: string]> = {
    github: ['text', read('github')],
    gitlab: ['json', read('gitlab')],
    junit: ['xml', read('junit')],
    markdown: ['markdown', read('markdown')],
    sarif: ['json', head(JSON.stringify(result, null, 2), 45)],
    trace: ['text', head(read('trace'), 6).replaceAll(/("queries":\d+|"statement":"[^"]{30}).*/g, '$1…')],
    baseline: ['json', read('baseline')],
    tolerated: ['text', stderr],
    diff: ['text', stdout],
    explain: ['text', explained],
    diffplans: ['text', changed],
  }
  for (const [name, [language, text]] of Object.entries(excerpts)) outputs.set(name, fenced(language, text))
})

/** Of the example about plans: one statement explained, and a run with its index beside one without. */
async function planOutputs(cli: string): Promise<{ explained: string; changed: string }> {
  const DATABASE_URL = await createDatabase('docs-plans')
  const cwd = join(root, 'examples/explain')
  const options = { cwd, env: { PATH: process.env.PATH, DATABASE_URL, COLUMNS: '100' } }
  const node = (...args: string[]) => promisify(execFile)(process.execPath, args, options)
  await node('seed.js')
  const text = readFileSync(join(cwd, 'latest-orders.sql'), 'utf8')
  const { stdout: explained } = await node(cli, 'explain', '--params', '[77]', text)
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  const run = (name: string) =>
    node(
      cli,
      'run',
      '--explain',
      '--only',
      'n-plus-one',
      '--quiet',
      '--reporter',
      `json=${path(name)}`,
      '--',
      'node',
      'page.js',
    )
  await client.query('create index orders_latest on orders (customer_id, created_at)')
  await run('indexed')
  await client.query('drop index orders_latest')
  await run('scanned')
  await client.end()
  const compare = node(cli, 'diff', path('indexed'), path('scanned'))
  // it fails, as it should
  const changed = await compare.catch((error: { stdout: string }) => error)
  return { explained, changed: changed.stdout }
}

afterAll(() => rmSync(folder, { recursive: true }))

function head(text: string, count: number): string {
  return `${text.trim().split('\n').slice(0, count).join('\n')}\n…`
}

function fenced(language: string, text: string): string {
  const fence = text.includes('```') ? '````' : '```'
  return `\n${fence}${language}\n${text.trim()}\n${fence}\n\n`
}

/** Without what differs from run to run: times, the ports and columns that come of them. */
function comparable(text: string): string {
  return text
    .replaceAll(/,? ?[\d.]+ % of the \w+/g, '')
    .replaceAll(/"?[\d.,]+"?/g, '#')
    .replaceAll(/(# ?)(ms|s|µs)\b/g, '# ms')
    .replaceAll(/[-…\s]+/g, ' ')
}

const marked = /(<!-- output: (\w+) -->\n)(.*?)(?=<!-- \/output -->)/gs

test.each(['reporters', 'baseline', 'diff', 'explain'])('docs/%s.md shows what the commands write', (page) => {
  const file = join(root, 'docs', `${page}.md`)
  const text = readFileSync(file, 'utf8')
  const renewed = text.replaceAll(marked, (_, open: string, name: string) => open + outputs.get(name))
  expect(renewed).not.toContain('undefined')
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, renewed)
  else expect(comparable(text)).toBe(comparable(renewed))
})

test('every reporter but those with pages of their own is shown', () => {
  const page = readFileSync(join(root, 'docs/reporters.md'), 'utf8')
  const shown = [...page.matchAll(marked)].map(([, , name]) => name)
  expect([...shown, 'console', 'json'].sort()).toEqual(Object.keys(reporters).sort())
})
