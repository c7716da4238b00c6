import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { diffMarker } from '../../src/reporters/diff-markdown.ts'
import { diffReporters } from '../../src/reporters/diff-reporters.ts'
import { reporters } from '../../src/reporters/index.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { type Outcome, Project } from './project.ts'

const [node] = nodeVersions as [NodeVersion]
const root = join(import.meta.dirname, '../..')
let project: Project

beforeAll(async () => {
  project = await Project.create()
  // the loop, repaired
  project.write(
    'repaired.mjs',
    `import pg from 'pg'
     import { runInScope } from 'nonplus'
     const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
     await runInScope('GET /posts', async () => {
       const { rows } = await pool.query('select author_id from posts order by id limit 5')
       const ids = rows.map((row) => row.author_id)
       await pool.query('select name from authors where id = any($1)', [ids])
     })
     await pool.end()`,
  )
  const run = (name: string, program: string) =>
    project.run(node, ['--quiet', '--reporter', `json=${name}.json`, '--', 'node', program])
  await run('loop', 'esm.mjs')
  await run('repaired', 'repaired.mjs')
  project.write('no-queries.mjs', '')
  await run('blind', 'no-queries.mjs')
})

afterAll(() => project.remove())

function diff(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const cli = project.path('node_modules/nonplus/dist/cli/index.js')
  return project.start(node, ['node', cli, 'diff', ...args], { env }).outcome
}

describe('nonplus diff', () => {
  test('a repair: fewer queries, a finding fixed, exit code 0', async () => {
    const { end, stdout, stderr } = await diff(['loop.json', 'repaired.json'])
    expect({ end, stderr }).toEqual({ end: 0, stderr: '' })
    expect(stdout).toMatch(/^GET \/posts +6 → 2 .* 1 → 0$/m)
    expect(stdout).toMatch(/^fixed {6}error n-plus-one {2}5 × SELECT authors/m)
    expect(stdout).toMatch(/\nNothing became worse\.\n$/)
  })

  test('the other way round: exit code 1, and why', async () => {
    const { end, stdout } = await diff(['repaired.json', 'loop.json'])
    expect(end).toBe(1)
    expect(stdout).toMatch(
      /2 regressions:\n {2}new-findings {2}error n-plus-one: 5 × .*\n {2}queries {2}2 → 6 queries · GET \/posts\n$/,
    )
  })

  test('fails on what --fail-on names', async () => {
    expect((await diff(['repaired.json', 'loop.json', '--fail-on', 'none'])).end).toBe(0)
    expect((await diff(['repaired.json', 'loop.json', '--fail-on', 'coverage'])).end).toBe(0)
    expect((await diff(['repaired.json', 'loop.json', '--fail-on', 'queries'])).end).toBe(1)
    const blind = await diff(['loop.json', 'blind.json'])
    expect(blind.end).toBe(1)
    expect(blind.stdout).toContain('coverage  6 statements in scopes before, none after')
  })

  test('writes each reporter to its file', async () => {
    const names = Object.keys(diffReporters)
    const { end, stdout } = await diff([
      'loop.json',
      'repaired.json',
      ...names.flatMap((name) => ['--reporter', `${name}=d/${name}`]),
    ])
    expect({ end, stdout }).toEqual({ end: 0, stdout: '' })
    expect(project.read('d/text')).toContain('Nothing became worse.')
    expect(project.read('d/markdown')).toMatch(/^<!-- nonplus diff -->\n### nonplus: nothing became worse\n/)
    const validate = new Ajv2020().compile(JSON.parse(readFileSync(join(root, 'schema/diff.json'), 'utf8')))
    expect([validate(JSON.parse(project.read('d/json'))), validate.errors]).toEqual([true, null])
  })

  test('colours where it may', async () => {
    const { stdout } = await diff(['repaired.json', 'loop.json'], { FORCE_COLOR: '1' })
    const plain = await diff(['repaired.json', 'loop.json', '--no-color'], { FORCE_COLOR: '1' })
    expect(stripVTControlCharacters(stdout)).toBe(plain.stdout)
    expect(stdout).not.toBe(plain.stdout)
  })

  test.each([
    [['loop.json'], "error: missing required argument 'after.json'"],
    [['none.json', 'loop.json'], 'nonplus: Cannot read the report none.json: there is no such file.'],
    [['loop.json', 'package.json'], 'nonplus: package.json is no JSON report of nonplus: `version` must be 1'],
    [['loop.json', 'esm.mjs'], 'nonplus: esm.mjs is no JSON report of nonplus: '],
    [['loop.json', 'loop.json', '--fail-on', 'query'], 'nonplus: Unknown rule in --fail-on: `query`. Did you mean'],
    [['loop.json', 'loop.json', '--reporter', 'txt'], 'nonplus: Unknown reporter: `txt`. Did you mean `text`?'],
  ])('%j ends with 2', async (args, message) => {
    const { end, stdout, stderr } = await diff(args)
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('the workflow for GitHub Actions', () => {
  interface Step {
    readonly name?: string
    readonly uses?: string
    readonly run?: string
  }
  const text = readFileSync(join(root, 'examples/github-actions/nonplus.yml'), 'utf8')
  const workflow = parse(text) as { jobs: { queries: { steps: Step[]; env: Record<string, string> } } }
  const { steps, env: files } = workflow.jobs.queries
  const commands = steps.flatMap(({ run = '' }) => [...run.matchAll(/npx nonplus .*/g)].map(([line]) => line))

  test('has steps that do something each', () => {
    expect(steps.filter(({ uses, run }) => (uses === undefined) === (run === undefined))).toEqual([])
    expect(commands).toHaveLength(3)
  })

  test('calls commands and options that there are', () => {
    const cli = join(root, 'dist/cli/index.js')
    for (const line of commands) {
      const [own = ''] = line.split(' -- ')
      const [, command = ''] = /^npx nonplus (\w+)/.exec(own) ?? []
      const help = execFileSync(process.execPath, [cli, command, '--help'], { encoding: 'utf8' })
      for (const [option] of own.matchAll(/--[a-z-]+/g)) expect(help).toContain(`${option} `)
      const known = command === 'diff' ? diffReporters : reporters
      for (const [, name] of own.matchAll(/--reporter (\w+)/g)) expect(Object.keys(known)).toContain(name)
    }
  })

  test.each([
    ['none yet', '', ['POST', 'repos/acme/blog/issues/7/comments']],
    ['one', '41\n', ['PATCH', 'repos/acme/blog/issues/comments/41']],
    ['two, as two runs at once made them', '41\n42\n', ['PATCH', 'repos/acme/blog/issues/comments/41']],
  ])('keeps one comment: there is %s', (_what, ids, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'nonplus-workflow-'))
    try {
      // stands for the GitHub CLI: tells the comments there are, and notes what is sent
      const calls = join(folder, 'calls')
      writeFileSync(
        join(folder, 'gh'),
        `#!/bin/sh\ncase "$*" in *--jq*) printf %s "$IDS";; *) printf '%s\\n' "$@" > "$CALLS";; esac\n`,
        { mode: 0o755 },
      )
      writeFileSync(join(folder, 'diff.md'), diffMarker)
      const { run = '' } = steps.find(({ name }) => name === 'Comment') ?? {}
      expect(run).toContain(`startswith("${diffMarker}")`)
      execFileSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
        env: {
          PATH: [folder, process.env.PATH].join(delimiter),
          IDS: ids,
          CALLS: calls,
          DIFF: join(folder, 'diff.md'),
          GITHUB_REPOSITORY: 'acme/blog',
          COMMENTS: 'repos/acme/blog/issues/7/comments',
        },
      })
      const args = readFileSync(calls, 'utf8').trim().split('\n')
      expect([args[args.indexOf('--method') + 1], args[1]]).toEqual(expected)
      expect(args).toContain(`body=@${join(folder, 'diff.md')}`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('hands files from step to step outside of what a checkout cleans', () => {
    expect(Object.values(files).every((file) => file.startsWith(['$', '{{ github.workspace }}/../'].join('')))).toBe(
      true,
    )
  })
})
