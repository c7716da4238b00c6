import { mkdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reporters } from '../../src/reporters/index.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { faultsInTrace, type TraceEvent } from '../reporters/trace-format.ts'
import { Project } from './project.ts'

const [node] = nodeVersions as [NodeVersion]
let project: Project

beforeAll(async () => {
  project = await Project.create()
})

afterAll(() => project.remove())

const all = Object.keys(reporters)

test('every reporter writes its file about a real run', async () => {
  const flags = all.flatMap((name) => ['--reporter', `${name}=out/${name}.txt`])
  const { end, stderr } = await project.run(node, [...flags, '--', 'node', 'esm.mjs'])
  expect({ end, stderr }).toMatchObject({ end: 0 })
  for (const name of all) {
    const text = project.read(`out/${name}.txt`)
    expect([name, text]).toEqual([name, expect.stringMatching(/authors.*\n$/s)])
    expect([name, text.includes(project.folder)]).toEqual([name, false])
  }
})

describe('--reporter github', () => {
  const place = () => project.place('posts.mjs').split(':')

  test('annotates on standard output, and appends to the summary of the job', async () => {
    project.write('summary.md', 'What another tool wrote.\n')
    const env = { GITHUB_STEP_SUMMARY: project.path('summary.md'), GITHUB_WORKSPACE: project.folder }
    const { end, stdout } = await project.run(node, ['--reporter', 'github', '--', 'node', 'esm.mjs'], { env })
    const [file, line] = place()
    expect(end).toBe(0)
    expect(stdout).toMatch(
      new RegExp(`^nonplus: 1 error in 1 scope\\n::error file=${file},line=${line},endLine=${line},`),
    )
    expect(project.read('summary.md')).toMatch(
      /^What another tool wrote\.\n<!-- nonplus -->\n### nonplus: 1 error in 1 scope\n.*<details>/s,
    )
  })

  test('knows files by their path in the repository, wherever in it the run is', async () => {
    mkdirSync(project.path('packages/blog'), { recursive: true })
    project.write('packages/blog/run.mjs', "await import('../../esm.mjs')\n")
    const flags = ['--reporter', 'github=a.txt', '--reporter', 'sarif=a.sarif', '--reporter', 'json=a.json']
    const env = { GITHUB_WORKSPACE: project.folder }
    await project.run(node, [...flags, '--', 'node', 'run.mjs'], { env, cwd: 'packages/blog' })
    const [file] = place()
    expect(project.read('packages/blog/a.txt')).toContain(`::error file=${file},`)
    const [result] = JSON.parse(project.read('packages/blog/a.sarif')).runs[0].results
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(file)
    expect(project.readReport('packages/blog/a.json').findings[0]?.callSite?.file).toBe(`../../${file}`)
  })

  test('a workspace that the run is not in says nothing', async () => {
    const env = { GITHUB_WORKSPACE: '/somewhere/else', GITHUB_STEP_SUMMARY: '' }
    const { stdout } = await project.run(node, ['--reporter', 'github', '--', 'node', 'esm.mjs'], { env })
    expect(stdout).toContain(`::error file=${place()[0]},`)
  })

  test('a summary that is full already is not made too large', async () => {
    project.write('full.md', 'x'.repeat(900 * 1024))
    const env = { GITHUB_STEP_SUMMARY: project.path('full.md') }
    await project.run(node, ['--reporter', 'github=f.txt', '--', 'node', 'esm.mjs'], { env })
    const added = readFileSync(project.path('full.md'), 'utf8').slice(900 * 1024)
    expect(added).toBe('<!-- nonplus -->\n### nonplus: 1 error in 1 scope\n')
  })
})

describe('--reporter trace', () => {
  const slicesOf = (file: string) =>
    (JSON.parse(project.read(file)) as { traceEvents: TraceEvent[] }).traceEvents.filter(({ ph }) => ph === 'X')

  test('is a timeline of what each scope sent', async () => {
    const flags = ['--reporter', 'trace=t.json', '--reporter', 'json=timeline.json']
    const { end } = await project.run(node, [...flags, '--', 'node', 'esm.mjs'])
    expect(end).toBe(0)
    expect(faultsInTrace(JSON.parse(project.read('t.json')))).toEqual([])
    const names = slicesOf('t.json').map(({ name, args }) => [name, args?.callSite ?? '', args?.finding ?? ''])
    const loop = expect.stringContaining(project.place('posts.mjs'))
    const finding = expect.stringMatching(/^5 × SELECT authors/)
    expect(names).toEqual([
      ['GET /posts', '', ''],
      ['SELECT posts', expect.stringMatching(/^posts\.mjs:\d+/), ''],
      ...Array.from({ length: 5 }, () => ['SELECT authors', loop, finding]),
    ])
    const [scope] = project.readReport('timeline.json').scopes
    expect(scope?.executions).toHaveLength(6)
    expect(scope?.executions?.[1]).toMatchObject({
      summary: 'SELECT authors',
      rows: 1,
      callSite: { file: 'posts.mjs' },
    })
  })

  test('is not logged where nobody asked for it', async () => {
    await project.run(node, ['--reporter', 'json=none.json', '--', 'node', 'esm.mjs'])
    expect(project.readReport('none.json').scopes[0]).not.toHaveProperty('executions')
  })

  test('shows statements that run at once beside each other, and stops at a thousand', async () => {
    project.write(
      'at-once.mjs',
      `import pg from 'pg'
       import { runInScope } from 'nonplus'
       const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
       await runInScope('sleep', () => Promise.all([1, 2, 3].map(() => pool.query('select pg_sleep(0.2)'))))
       await runInScope('busy', async () => {
         for (let n = 0; n < 600; n++) await Promise.all([pool.query('select 1 as a'), pool.query('select 2 as a, 3 as b')])
       })
       await pool.end()`,
    )
    const { end } = await project.run(node, ['--quiet', '--reporter', 'trace=o.json', '--', 'node', 'at-once.mjs'])
    expect(end).toBe(0)
    expect(faultsInTrace(JSON.parse(project.read('o.json')))).toEqual([])
    const slices = slicesOf('o.json')
    const sleep = slices.find(({ name }) => name === 'sleep')
    const inSleep = slices.filter(({ name, ts = 0 }) => name === 'SELECT' && ts < (sleep?.ts ?? 0) + (sleep?.dur ?? 0))
    expect(new Set(inSleep.map(({ tid }) => tid)).size).toBe(3)
    expect(slices.filter(({ cat }) => cat === 'sql')).toHaveLength(3 + 1_000)
    expect(slices.find(({ name }) => name === 'busy')?.args?.queries).toBe(1_200)
  })

  test('the processes of a run are told apart', async () => {
    await project.run(node, ['--quiet', '--reporter', 'trace=p.json', '--', 'node', 'processes.mjs'])
    expect(faultsInTrace(JSON.parse(project.read('p.json')))).toEqual([])
    const pids = slicesOf('p.json')
      .filter(({ cat }) => cat === 'request')
      .map(({ pid }) => pid)
    expect(new Set(pids).size).toBe(4)
  })
})
