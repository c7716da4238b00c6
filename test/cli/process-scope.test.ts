import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { type Outcome, Project, type Running } from './project.ts'

let project: Project

beforeAll(async () => {
  project = await Project.create()
})

afterAll(() => project.remove())

interface Judged extends Outcome {
  readonly report: Report
}

let runs = 0

/** Runs `script.mjs` under `nonplus run`, and reads its report. */
async function judge(node: NodeVersion, args: string[], during?: (running: Running) => Promise<void>): Promise<Judged> {
  const file = `script-${++runs}.json`
  const running = project.startRun(node, ['--reporter', `json=${file}`, '--', 'node', 'script.mjs', ...args])
  await during?.(running)
  const outcome = await running.outcome
  return { ...outcome, report: project.readReport(file) }
}

function scopesOf({ scopes }: Report): string[] {
  return scopes.map(({ kind, name, queries }) => `${kind} ${name}: ${queries.count}`)
}

function findingsOf({ findings }: Report): string[] {
  return findings.map(({ kind, scope, callSite }) => `${kind} in ${scope.name} at ${callSite?.file}:${callSite?.line}`)
}

const loopIn = (scope: string): string => `n-plus-one in ${scope} at ${project.place('posts.mjs')}`

async function signalWhenReady(running: Running): Promise<void> {
  await expect.poll(running.stdout, { timeout: 10_000 }).toContain('ready')
  // under `run` the signal goes to the whole group, as a terminal sends it
  running.process.kill('SIGTERM')
}

describe.each(nodeVersions)('Node $version', (node) => {
  test.each([
    ['drain', 0],
    ['exit 3', 3],
    ['throw', 1],
    ['reject', 1],
  ])('a script is one scope, judged when it ends: %s', async (ending, end) => {
    const judged = await judge(node, [ending])
    expect(judged.end).toBe(end)
    expect(scopesOf(judged.report)).toEqual(['job script.mjs: 6'])
    expect(findingsOf(judged.report)).toEqual([loopIn('script.mjs')])
    expect(judged.report.coverage).toMatchObject({ seen: 6, attributed: 6, withCallSite: 6, warnings: [] })
    expect(judged.stderr.match(/^\w+ n-plus-one \(proven\)/gm)).toHaveLength(1)
  })

  test('a script that a signal ends has its findings', async () => {
    const judged = await judge(node, ['wait'], signalWhenReady)
    expect(judged.end).toBe('SIGTERM')
    expect(findingsOf(judged.report)).toEqual([loopIn('script.mjs')])
  })

  test('a script with register alone tells its findings, also when a signal ends it', async () => {
    const running = project.startRegistered(node, ['script.mjs', 'wait'])
    await signalWhenReady(running)
    const { end, stderr } = await running.outcome
    expect(end).toBe('SIGTERM')
    expect(stderr.match(/^\w+ n-plus-one \(proven\)/gm)).toHaveLength(1)
    expect(stderr).toContain('6 statements seen through ')
  })

  test('threads are scopes of their own, also one that is terminated when it has been idle', async () => {
    const { report } = await judge(node, ['several threads'])
    expect(scopesOf(report)).toEqual(Array(3).fill('job script.mjs (thread): 6'))
    expect(findingsOf(report)).toEqual(Array(3).fill(loopIn('script.mjs (thread)')))
    expect(report.coverage).toMatchObject({ seen: 18, attributed: 18, warnings: [] })
  })
})

const [node] = nodeVersions as [NodeVersion]

test('pauses part no script that ends by itself', async () => {
  const { report } = await judge(node, ['pause in the loop'])
  expect(scopesOf(report)).toEqual(['job script.mjs: 4'])
  expect(findingsOf(report)).toEqual([`n-plus-one in script.mjs at ${project.place('script.mjs', '// the slow loop')}`])
})

test('what a worker does again after each pause is no repetition', async () => {
  const { report } = await judge(node, ['poll until a signal'], signalWhenReady)
  expect(scopesOf(report)).toEqual(Array(3).fill('job script.mjs: 1'))
  expect(report.findings).toEqual([])
})

test('a server has a start-up; a poller is neither its nor of a request, and is told', async () => {
  const { report } = await judge(node, ['serve'])
  expect(scopesOf(report)).toEqual([
    'job start-up of script.mjs: 7',
    'request GET /first: 1',
    'request GET /second: 1',
    'request GET /third: 1',
  ])
  expect(findingsOf(report)).toEqual([loopIn('start-up of script.mjs')])
  expect(report.coverage).toMatchObject({ seen: 11, attributed: 10 })
  expect(report.coverage.warnings).toEqual([
    expect.stringContaining(
      `1 statement ran outside any scope (first at ${project.place('script.mjs', '// the poller')})`,
    ),
  ])
})

test('a script that opens a scope says what it does outside of it', async () => {
  const { report } = await judge(node, ['job in a script'])
  expect(scopesOf(report)).toEqual(['job start-up of script.mjs: 6', 'job report: 1'])
  expect(report.coverage.warnings).toEqual([expect.stringMatching(/^1 statement ran outside any scope/)])
})
