import { cpSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

/** A program starts in less than a second, but on a busy machine. */
const POLL = { timeout: 20_000 }

let project: Project

beforeAll(async () => {
  project = await Project.create()
  project.link('signal-exit')
  cpSync(project.path('node_modules/nonplus'), project.path('other/node_modules/nonplus'), { recursive: true })
})

afterAll(() => project.remove())

function countSummaries(stderr: string): number {
  return stderr.match(/statements? seen|No driver was hooked|^Hooked:/gm)?.length ?? 0
}

function withoutTimes(text: string): string {
  return text.replaceAll(/ *\d+(\.\d+)? m?s\b/g, ' ⏱')
}

describe.each(nodeVersions)('Node $version', (node) => {
  test.each([
    ['drain', 0],
    ['exit 0', 0],
    ['exit 3', 3],
    ['exitCode 4', 4],
    ['throw', 1],
    ['reject', 1],
    ['SIGTERM', 'SIGTERM'],
  ])('%s: the process ends as it would, after one summary', async (ending, end) => {
    const outcome = await project.startRegistered(node, ['ending.mjs', ending]).outcome
    expect(outcome).toMatchObject({ end, stdout: `ready to ${ending}\n` })
    expect(outcome.stderr.match(/^\w+ n-plus-one \(proven\)/gm)).toHaveLength(1)
    expect(outcome.stderr).toContain('6 statements seen through ')
    expect(countSummaries(outcome.stderr)).toBe(1)
  })

  test.each([
    ['SIGINT', 'wait', '', 'SIGINT'],
    ['SIGTERM', 'wait', '', 'SIGTERM'],
    ['SIGHUP', 'wait', '', 'SIGHUP'],
    ['SIGINT', 'stop gracefully', 'SIGINT: stopping\nstopped\n', 0],
    ['SIGTERM', 'stop gracefully', 'SIGTERM: stopping\nstopped\n', 0],
    ['SIGINT', 'clean up and die', 'cleaned up\n', 'SIGINT'],
  ] as const)('%s in a program that would %s does what it would without nonplus', async (signal, ending, said, end) => {
    const running = project.startRegistered(node, ['ending.mjs', ending])
    await expect.poll(running.stdout, POLL).toContain('ready')
    running.process.kill(signal)
    const outcome = await running.outcome
    expect(outcome).toMatchObject({ end, stdout: `ready to ${ending}\n${said}` })
    expect(countSummaries(outcome.stderr)).toBe(1)
  })

  test('a program that handles a signal and stays is not ended', async () => {
    const running = project.startRegistered(node, ['ending.mjs', 'handle and stay'])
    await expect.poll(running.stdout, POLL).toContain('ready')
    for (const times of [1, 2]) {
      running.process.kill('SIGTERM')
      await expect.poll(() => running.stdout().match(/stayed/g), POLL).toHaveLength(times)
    }
    running.process.kill('SIGINT')
    const { end, stderr } = await running.outcome
    expect({ end, summaries: countSummaries(stderr) }).toEqual({ end: 0, summaries: 1 })
  })

  test('a package that counts the listeners of a signal still ends the process', async () => {
    const running = project.startRegistered(node, ['signal-exit.mjs'])
    await expect.poll(running.stdout, POLL).toContain('ready')
    running.process.kill('SIGINT')
    const { end, stdout, stderr } = await running.outcome
    expect({ end, stdout }).toEqual({ end: 'SIGINT', stdout: 'ready\ncleaned up on SIGINT\n' })
    expect(countSummaries(stderr)).toBe(1)
  })

  test('the driver may be loaded before nonplus', async () => {
    const { end, stdout, stderr } = await project.start(node, ['node', 'late-import.mjs']).outcome
    expect({ end, stderr }).toEqual({ end: 0, stderr: '' })
    expect(stdout).toBe(`6 seen, n-plus-one at ${project.path(project.place('posts.mjs'))}\n`)
  })

  test.each([
    ['alone', []],
    ['with register', ['--import', 'nonplus/register']],
    ['with register as CommonJS', ['--require', 'nonplus/register']],
  ])('both copies of nonplus in a process are one, %s', async (_what, flags) => {
    const { end, stdout, stderr } = await project.start(node, ['node', ...flags, 'both-copies.mjs']).outcome
    expect({ end, stderr: flags.length > 0 ? '' : stderr }).toEqual({ end: 0, stderr: '' })
    expect(stdout).toBe('by the other 6 6\nby the one 6 6\nby the other 6, by the one 6 12\n')
    if (flags.length > 0) expect(stderr).toMatch(/2 scopes.*12 statements seen/s)
  })
})

const [node] = nodeVersions as [NodeVersion]

test('NONPLUS=0 is off: nothing is hooked, nothing is printed', async () => {
  project.write('count.mjs', 'console.log(process.listenerCount("exit"), process.eventNames().length)')
  const bare = await project.start(node, ['node', 'count.mjs']).outcome
  expect(await project.startRegistered(node, ['count.mjs'], { env: { NONPLUS: '0' } }).outcome).toEqual(bare)
  const app = await project.startRegistered(node, ['esm.mjs'], { env: { NONPLUS: '0' } }).outcome
  expect(app).toEqual({ end: 0, stdout: 'done\n', stderr: '' })
})

test('a program whose messages nobody reads any more goes on', async () => {
  const running = project.startRegistered(node, ['esm.mjs'], { env: { VISITS: '20' } })
  running.process.stderr?.destroy()
  expect(await running.outcome).toMatchObject({ end: 0, stdout: 'done\n' })
})

describe('what was not seen is said', () => {
  beforeAll(() => {
    // its name is all that is looked at
    project.write('node_modules/mongodb/package.json', JSON.stringify({ name: 'mongodb', version: '7.9.0' }))
    project.write('node_modules/mongodb/index.js', 'exports.MongoClient = class {}')
  })

  test.each<[what: string, verdict: string, lines: RegExp[]]>([
    ['loads no driver', 'No statements were seen: nothing was judged.', [/^No driver was hooked\.$/]],
    ['serves, but loads no driver', 'No statements were seen: nothing was judged.', [/^No driver was hooked\.$/]],
    [
      'loads pg, but sends nothing',
      'No statements were seen: nothing was judged.',
      [/^Hooked: pg \S+ \(patch\), pg-pool \S+ \(patch\)\.$/],
    ],
    [
      'loads a driver without a hook',
      'No statements were seen: nothing was judged.',
      [/^warning {2}mongodb 7.9.0 is loaded, and this version/],
    ],
    [
      'queries outside any scope',
      'No statement ran inside a scope: nothing was judged.',
      [
        /^2 statements seen through .* 0 in a scope, 0 with a call\ssite\.$/,
        /^warning {2}2 statements ran outside any scope \(first at coverage\.mjs:28,/,
      ],
    ],
    [
      'loses the call site',
      'No findings in 1 scope.',
      [
        /^1 statement seen .* 1 in a scope, 0 with a call\ssite\.$/,
        /^warning {2}1 statement had no application code on the stack/,
      ],
    ],
    [
      'queries after the answer',
      'No statement ran inside a scope: nothing was judged.',
      [
        /^1 statement seen .* 0 in a scope/,
        /^warning {2}1 statement ran after the scope they were started in had closed/,
      ],
    ],
  ])('%s', async (what, verdict, lines) => {
    const alone = await project.startRegistered(node, ['coverage.mjs', what]).outcome
    const run = await project.run(node, ['--', 'node', 'coverage.mjs', what])
    expect(withoutTimes(run.stderr)).toBe(withoutTimes(alone.stderr))
    expect(alone).toMatchObject({ end: 0, stdout: 'done\n' })
    expect(alone.stderr.trim().split('\n')[0]).toBe(verdict)
    for (const line of lines) expect(alone.stderr).toMatch(new RegExp(line.source, 'm'))
  })

  test('a driver in package.json that cannot be watched', async () => {
    project.write('mongo/package.json', JSON.stringify({ dependencies: { mongodb: '7' } }))
    project.write('mongo/app.mjs', '')
    const { stderr } = await project.startRegistered(node, ['app.mjs'], { cwd: 'mongo' }).outcome
    expect(stderr).toContain('warning  mongodb is in package.json, and this version of nonplus has no hook for it')
  })

  test('a program that starts no Node.js', async () => {
    const { stderr } = await project.run(node, ['--', 'true'])
    expect(stderr).toContain('warning  No Node.js process of this program loaded nonplus')
  })
})

test('a long run is bounded: later scopes are summed up by name, and a new finding is kept however late', async () => {
  const flags = ['--reporter', 'json=jobs.json', '--fail-on', 'error', '--', 'node', 'jobs.mjs']
  const { end, stderr } = await project.run(node, flags)
  expect({ end, stderr }).toMatchObject({ end: 1 })
  const { scopes, unlisted, findings, coverage } = project.readReport('jobs.json')
  expect(scopes).toHaveLength(10_001)
  expect(findings.map(({ scope }) => scope.name)).toEqual(['last'])
  expect(coverage).toMatchObject({ seen: 12_006, attributed: 12_006 })
  expect(unlisted).toMatchObject([{ name: 'job', scopes: 2000, least: 1, most: 1 }])
  expect(coverage.warnings).toEqual(['2000 scopes after the first 10000 are summed up by name.'])
})
