import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { type Outcome, Project } from './project.ts'

const [node] = nodeVersions as [NodeVersion]
let project: Project
/** What a run without a baseline finds, in `report.json`. */
let identity: string

beforeAll(async () => {
  project = await Project.create()
  await project.run(node, ['--quiet', '--reporter', 'json=report.json', '--', 'node', 'esm.mjs'])
  const [finding] = project.readReport('report.json').findings
  identity = finding?.identity ?? ''
})

afterAll(() => project.remove())

function nonplus(...args: string[]): Promise<Outcome> {
  return project.start(node, ['node', project.path('node_modules/nonplus/dist/cli/index.js'), ...args], {
    env: { CI: 'true' },
  }).outcome
}

const read = (file: string) => JSON.parse(readFileSync(project.path(file), 'utf8'))

describe('nonplus baseline', () => {
  test('writes, merges and keeps reasons, in CI as elsewhere', async () => {
    expect(await nonplus('baseline', 'report.json', '--reason', 'Five posts at most.')).toEqual({
      end: 0,
      stdout: 'nonplus-baseline.json: 1 added, 0 kept\n',
      stderr: '',
    })
    expect(read('nonplus-baseline.json')).toEqual({
      version: 1,
      findings: [
        {
          identity,
          kind: 'n-plus-one',
          reason: 'Five posts at most.',
          where: { file: 'posts.mjs', function: 'listPosts' },
          statement: 'SELECT authors',
          count: 5,
        },
      ],
    })
    const before = project.read('nonplus-baseline.json')
    expect((await nonplus('baseline', 'report.json')).stdout).toBe('nonplus-baseline.json: 1 kept\n')
    expect(project.read('nonplus-baseline.json')).toBe(before)
  })

  test('--check writes nothing, and tells by its exit code', async () => {
    const check = ['baseline', 'report.json', '--file', 'new.json', '--check']
    expect(await nonplus(...check)).toMatchObject({ end: 1, stdout: 'new.json: 1 added, 0 kept\n' })
    expect(project.read('new.json')).toBe('')
    await nonplus('baseline', 'report.json', '--file', 'new.json')
    expect(await nonplus(...check)).toMatchObject({ end: 0, stdout: 'new.json: 1 kept\n' })
  })

  test('--prune removes what is not met, and adds nothing', async () => {
    const stale = { identity: 'n-plus-one:gone', kind: 'n-plus-one', reason: 'Old.', statement: '', count: 3 }
    project.write('stale.json', JSON.stringify({ version: 1, findings: [stale] }))
    const args = ['baseline', 'report.json', '--file', 'stale.json', '--prune']
    expect(await nonplus(...args, '--check')).toMatchObject({ end: 1, stdout: 'stale.json: 1 removed, 0 kept\n' })
    await nonplus(...args)
    expect(read('stale.json')).toEqual({ version: 1, findings: [] })
  })

  test.each([
    [['baseline'], "error: missing required argument 'report.json'"],
    [['baseline', 'none.json'], 'nonplus: Cannot read the report none.json: there is no such file.'],
    [['baseline', 'package.json'], 'nonplus: package.json is no JSON report of nonplus: `version` must be 1'],
    [['baseline', 'report.json', '--file', 'package.json'], 'nonplus: package.json is no baseline of nonplus: '],
    [['baseline', 'report.json', '--file', 'no/b.json'], 'nonplus: Cannot write the baseline no/b.json: ENOENT'],
    [['baseline', 'report.json', '--file', 'none.json', '--prune'], 'nonplus: Cannot read the baseline none.json: '],
    [['baseline', 'report.json', '--reason', ''], 'nonplus: --reason must be a sentence, but is empty.'],
  ])('%j ends with 2', async (args, message) => {
    const { end, stderr } = await nonplus(...args)
    expect({ end, stderr }).toEqual({ end: 2, stderr: expect.stringContaining(message) })
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('nonplus run --baseline', () => {
  const run = (...flags: string[]) => project.run(node, [...flags, '--fail-on', 'info', '--', 'node', 'esm.mjs'])

  test('tolerates what is in it: one line, and no failure', async () => {
    await nonplus('baseline', 'report.json', '--file', 'known.json', '--reason', 'Five posts at most.')
    const { end, stderr } = await run('--baseline', 'known.json', '--reporter', 'json=compared.json')
    expect(end).toBe(0)
    expect(stderr.match(/.*n-plus-one.*/g)).toEqual([
      expect.stringMatching(/^ {2}n-plus-one {2}5 × SELECT authors .* · posts\.mjs:\d+:\d+ \(listPosts\) · 1 scope/),
    ])
    expect(stderr).toContain('No new findings in 1 scope, 1 in the baseline.')
    const { findings, baseline } = project.readReport('compared.json')
    expect(findings.map((finding) => finding.baseline)).toEqual(['unchanged'])
    expect(baseline).toMatchObject({ unchanged: [{ identity, reason: 'Five posts at most.' }], absent: [] })
  })

  test('fails on what is not in it, and notes what was not met', async () => {
    const gone = { identity: 'n-plus-one:gone', kind: 'n-plus-one', reason: 'Old.', statement: 'SELECT tags' }
    project.write('gone.json', JSON.stringify({ version: 1, findings: [gone] }))
    const { end, stderr } = await run('--baseline', 'gone.json')
    expect(end).toBe(1)
    expect(stderr).toMatch(/^error n-plus-one \(proven\)/m)
    expect(stderr).toMatch(/^note {2}1 entry of the baseline not met in this run: n-plus-one:gone SELECT tags$/m)
    const { stderr: without } = await run('--baseline', 'gone.json', '--ignore', 'n-plus-one')
    expect(without).not.toContain('not met')
  })

  test.each([
    ['none.json', 'nonplus: Cannot read the baseline none.json: there is no such file.'],
    ['report.json', 'nonplus: report.json is no baseline of nonplus: `findings[0].reason` must be a text'],
  ])('--baseline %s ends with 2 before the program starts', async (file, message) => {
    const { end, stdout, stderr } = await run('--baseline', file)
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(project.leftovers()).toEqual([])
  })

  test('a run in a run: the baseline of the inner one holds for what it starts', async () => {
    await nonplus('baseline', 'report.json', '--file', 'inner.json')
    const cli = project.path('node_modules/nonplus/dist/cli/index.js')
    const inner = ['node', cli, 'run', '--baseline', 'inner.json', '--fail-on', 'info', '--', 'node', 'esm.mjs']
    const { end, stderr } = await project.run(node, ['--', ...inner])
    expect(end).toBe(0)
    expect(stderr).not.toMatch(/^error n-plus-one/m)
  })
})
