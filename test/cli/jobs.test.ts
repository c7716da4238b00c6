import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report, ReportScope } from '../../src/model/report.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { hasRedis, RedisServer } from '../redis-server.ts'
import { type Outcome, Project } from './project.ts'

/** BullMQ with its client for Redis, in a folder of their own. */
const bullmq = join(import.meta.dirname, '../bullmq/node_modules/bullmq')
const hasBullmq = existsSync(bullmq)
if (!hasBullmq) process.stderr.write('BullMQ is not installed and not tested: npm ci --prefix test/bullmq\n')

/** pg-boss from version 12 on, which is an ES module and wants Node 22. */
const pgBoss12 = join(import.meta.dirname, '../pg-boss-12/node_modules/pg-boss')
const hasPgBoss12 = existsSync(pgBoss12)
if (!hasPgBoss12) process.stderr.write('pg-boss 12 is not installed and not tested: npm ci --prefix test/pg-boss-12\n')

let project: Project

beforeAll(async () => {
  project = await Project.create()
  cpSync(join(import.meta.dirname, '../apps/jobs'), project.path('jobs'), { recursive: true })
  for (const name of ['node-cron', 'pg-boss', 'ws', 'socket.io', 'socket.io-client']) project.link(name)
  if (hasBullmq) project.link('bullmq', bullmq)
})

afterAll(() => project.remove())

let runs = 0

async function judge(node: NodeVersion, args: string[], env = {}): Promise<Outcome & { report: Report }> {
  const file = `jobs-${++runs}.json`
  const outcome = await project.run(node, ['--reporter', `json=${file}`, '--', 'node', ...args], { env })
  return { ...outcome, report: project.readReport(file) }
}

/** `kind name: statements`, in the order of names and numbers, without what the process did itself. */
function unitsOf({ scopes }: Report): string[] {
  return scopes
    .filter(({ name }) => !isOfProcess(name))
    .map(textOf)
    .sort()
}

function textOf({ kind, name, queries, attributes }: ReportScope): string {
  const error = attributes['error.type']
  return `${kind} ${name}: ${queries.count}${error === undefined ? '' : ` ${error}`}`
}

function isOfProcess(name: string): boolean {
  return /\.cjs( \(thread\))?$|^start-up of/.test(name)
}

/** Every finding is a loop of as many rounds as its unit of work had. */
function expectLoops({ findings, scopes }: Report): void {
  for (const { kind, callSite, count, scope } of findings) {
    const { queries } = scopes.find(({ id }) => id === scope.id) as ReportScope
    expect([kind, `${callSite?.file}:${callSite?.line}`]).toEqual(['n-plus-one', project.place('jobs/posts.cjs')])
    expect(count).toBe(queries.count - 1)
  }
}

/** What it sends itself is counted, and nobody’s. */
function expectBossJobs({ end, stderr, report }: Outcome & { report: Report }): void {
  expect(end, stderr).toBe(0)
  const units = unitsOf(report)
  expect(units.filter((unit) => unit.startsWith('job'))).toEqual([
    'job failures: 7 TypeError',
    'job mails: 3',
    'job mails: 4',
    'job reports: 11',
  ])
  // five times `send`
  expect(units.filter((unit) => unit.startsWith('request'))).toEqual([
    expect.stringMatching(/^request GET \/start: 5$/),
  ])
  expect(report.coverage.warnings).toEqual([
    expect.stringMatching(/^\d\d+ statements left out by ignore\(\): what pg-boss sends/),
  ])
}

describe.each(nodeVersions)('Node $version', (node) => {
  test.each(['require', 'import'])('pg-boss: a scope per job, by %s', async (mode) => {
    expectBossJobs(await judge(node, ['jobs/pg-boss.cjs', mode]))
  })

  test.each(['require', 'import'])('node-cron: a scope per run, by %s', async (mode) => {
    const { end, stderr, report } = await judge(node, ['jobs/node-cron.cjs', mode])
    expect(end, stderr).toBe(0)
    expect(unitsOf(report)).toEqual([
      'job */1 * * * * *: 4',
      'job by hand: 6',
      'job failing: 5 TypeError',
      'job nightly: 3',
    ])
    expectLoops(report)
    expect(report.coverage.warnings).toEqual([])
  })

  test('node-cron: imported before a profiler is created, too', async () => {
    const { end, stdout, stderr } = await project.start(node, ['node', 'jobs/node-cron-profiler.mjs']).outcome
    expect(end, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(['job by hand: 3'])
  })

  test.each(['require', 'import'])('ws: a scope per message that sends something, by %s', async (mode) => {
    const { end, stderr, stdout, report } = await judge(node, ['jobs/ws.cjs', mode])
    expect(end, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      answered: ['0', '2', '2', '3', '3', '4', '4', 'closed', 'closed'],
      rejected: ['on purpose'],
      listeners: 1,
    })
    expect(unitsOf(report)).toEqual([
      'request ws close: 2',
      'request ws close: 2',
      'request ws connection: 8',
      'request ws connection: 8',
      'request ws message: 10 Error',
      'request ws message: 3',
      'request ws message: 4',
      'request ws message: 5',
    ])
    expectLoops(report)
    expect(report.coverage.warnings).toEqual([])
  })

  test.each(['require', 'import'])('socket.io: a scope per event that sends something, by %s', async (mode) => {
    const { end, stderr, stdout, report } = await judge(node, ['jobs/socket-io.cjs', mode])
    expect(end, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      said: ['left', 'news 2', 'news 3', 'news 4', 'news binary', 'news quiet', 'rejected on purpose'],
      answers: [2, 3, 4],
    })
    expect(unitsOf(report).filter((unit) => !unit.includes('GET '))).toEqual([
      'request socket.io / binary: 6',
      'request socket.io / failing: 7 Error',
      'request socket.io / posts: 3',
      'request socket.io / posts: 4',
      'request socket.io / posts: 5',
      'request socket.io /rooms connection: 8',
      'request socket.io /rooms disconnect: 2',
      'request socket.io /rooms join: 9',
    ])
    expectLoops(report)
    expect(report.coverage.warnings).toEqual([])
  })
})

const nodes22 = nodeVersions.filter(({ version }) => Number.parseInt(version, 10) >= 22)

describe.runIf(hasPgBoss12).each(nodes22)('with pg-boss 12, Node $version', (node) => {
  beforeAll(() => {
    rmSync(project.path('node_modules/pg-boss'))
    project.link('pg-boss', pgBoss12)
  })

  test.each(['require', 'import'])('pg-boss 12: a scope per job, by %s', async (mode) => {
    // it does not migrate the schema of version 10
    expectBossJobs(await judge(node, ['jobs/pg-boss.cjs', mode], { BOSS_SCHEMA: 'pgboss12' }))
  })
})

describe.runIf(hasRedis && hasBullmq).each(nodeVersions)('with Redis, Node $version', (node) => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await RedisServer.start()
    return () => redis.stop()
  })

  test.each(['require', 'import'])(
    'BullMQ: a scope per job, in whatever process or thread it runs, by %s',
    async (mode) => {
      const { end, stderr, report } = await judge(node, ['jobs/bullmq.cjs', mode], { REDIS_PORT: `${redis.port}` })
      expect(end, stderr).toBe(0)
      expect(unitsOf(report)).toEqual([
        'job mails digest: 4',
        'job mails digest: 7',
        'job mails failing: 6 TypeError',
        'job mails welcome: 3',
        'job mails welcome: 5',
        'job processes sandboxed: 3',
        'job threads sandboxed: 4',
      ])
      expectLoops(report)
      expect(report.coverage.warnings).toEqual([])
    },
  )
})
