import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Report } from '../../src/model/report.ts'
import { nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

let project: Project

beforeAll(async () => {
  project = await Project.create()
  project.link('express')
  const client = new pg.Client({ connectionString: project.databaseUrl })
  await client.connect()
  await client.query(`
    create table orders (id int primary key, customer_id int not null, note text not null);
    insert into orders select n, n % 2000, 'private note ' || n from generate_series(1, 60000) n;
  `)
  // on its own: within one transaction the server counts the rows as changed after they were analyzed
  await client.query('analyze orders')
  await client.end()
})

afterAll(() => project.remove())

/** What a report says of plans. */
function said({ coverage }: Report): string {
  const { explained, notExplained } = coverage.plans ?? { explained: -1, notExplained: [] }
  return [`${explained} explained`, ...notExplained.map(({ code, count }) => `${count} ${code}`)].join(', ')
}

describe.each(nodeVersions)('Node $version', (node) => {
  test('an application in Express: the plan of its statement, and no values', async () => {
    const args = ['--explain', '--reporter', 'json=express.json', '--', 'node', 'explained.mjs']
    const { end, stdout, stderr } = await project.run(node, args)
    expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: '30\n30\n30\n' })
    const report = project.readReport('express.json')
    expect(report.scopes.map(({ name, queries }) => `${name}: ${queries.count}`)).toEqual(
      Array(3).fill('GET /customers/:id/orders: 1'),
    )
    expect(said(report)).toBe('1 explained')
    expect(report.plans?.map(({ summary, scopes, tableRows }) => ({ summary, scopes, tableRows }))).toEqual([
      { summary: 'SELECT orders', scopes: ['GET /customers/:id/orders'], tableRows: { orders: 60000 } },
    ])
    expect(stderr).toMatch(/^plans: 1 explained/m)
    expect(JSON.stringify(report) + stderr).not.toMatch(/private note/)
  })

  test('the missing index, at its line, in each request', async () => {
    const args = ['--explain=analyze', '--reporter', 'json=index.json', '--', 'node', 'explained.mjs']
    const { end, stderr } = await project.run(node, args)
    expect({ end, stderr }).toMatchObject({ end: 0 })
    const { findings } = project.readReport('index.json')
    const found = findings.filter(({ kind }) => kind === 'missing-index') as PlanFinding[]
    expect(
      found.map(({ callSite, plan }) => `${callSite?.file}:${callSite?.line} ${plan.table} ${plan.columns}`),
    ).toEqual(Array(3).fill(`${project.place('explained.mjs', '// the scan')} orders customer_id`))
  })

  test('auto_explain: the plans of the executions themselves', async () => {
    const args = ['--explain=auto_explain', '--reporter', 'json=auto.json', '--', 'node', 'explained.mjs']
    const { end, stdout, stderr } = await project.run(node, args)
    expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: '30\n30\n30\n' })
    const { plans = [] } = project.readReport('auto.json')
    expect(plans.map(({ plan }) => `${plan.mode} ${plan.root.actualRows}`)).toEqual(['auto_explain 30'])
  })

  test('a script is studied when it has nothing else to do', async () => {
    const { end, stderr } = await project.run(node, [
      '--explain',
      '--reporter',
      'json=script.json',
      '--',
      'node',
      'explained.mjs',
      'script',
    ])
    expect(end).toBe(0)
    expect(said(project.readReport('script.json'))).toBe('1 explained, 1 data-definition')
    expect(stderr).toMatch(/^plans: 1 explained; not explained: 1 \(1 × data definition\)$/m)
  })

  test('a process that exits at once keeps its code, and says what it did not wait for', async () => {
    const { end, stdout } = await project.run(node, [
      '--explain',
      '--reporter',
      'json=exit.json',
      '--',
      'node',
      'explained.mjs',
      'exit',
    ])
    expect({ end, stdout }).toEqual({ end: 3, stdout: '30\n' })
    const report = project.readReport('exit.json')
    expect(report.scopes.map(({ queries }) => queries.count)).toEqual([1])
    expect(said(report)).toBe('0 explained, 1 process-ended')
  })

  test('a signal ends it as it did, with what is known by then', async () => {
    const running = project.startRun(node, [
      '--explain',
      '--reporter',
      'json=signal.json',
      '--',
      'node',
      'explained.mjs',
      'wait',
    ])
    const deadline = Date.now() + 20_000
    while (!running.stdout().includes('ready') && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50))
    // what a script has sent is looked through twice a second
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    running.process.kill('SIGTERM')
    expect((await running.outcome).end).toBe('SIGTERM')
    expect(said(project.readReport('signal.json'))).toBe('1 explained')
  })

  test('many statements: a line of progress for each second, and an end', async () => {
    const { end, stdout, stderr } = await project.run(node, [
      '--explain',
      '--reporter',
      'json=many.json',
      '--',
      'node',
      'explained.mjs',
      'many',
      '120',
    ])
    expect({ end, stdout }).toEqual({ end: 0, stdout: 'done\n' })
    const { plans } = project.readReport('many.json').coverage
    const refused = plans?.notExplained.reduce((sum, { count }) => sum + count, 0) ?? 0
    expect((plans?.explained ?? 0) + refused).toBe(120)
    for (const line of stderr.match(/^nonplus: explaining .*$/gm) ?? []) {
      expect(line).toMatch(/^nonplus: explaining \d+ of \d+ statements$/)
    }
  }, 120_000)

  test('by the environment, with nonplus/register alone', async () => {
    const running = project.startRegistered(node, ['explained.mjs', 'script'], { env: { NONPLUS_EXPLAIN: '1' } })
    const { end, stderr } = await running.outcome
    expect({ end, stderr }).toMatchObject({
      end: 0,
      stderr: expect.stringMatching(/^plans: 1 explained; not explained: 1/m),
    })
  })
})

describe('wrong use', () => {
  test.each([
    [
      ['--explain', 'node', 'explained.mjs'],
      'Unknown mode of --explain: `node`. Valid: plan, analyze, auto_explain. Where that is the program, write -- before it.',
    ],
    [
      ['--explain=analyse', '--', 'node', 'explained.mjs'],
      'Unknown mode of --explain: `analyse`. Did you mean `analyze`? Where that is the program, write -- before it.',
    ],
  ])('%j', async (args, message) => {
    const [node] = nodeVersions
    const { end, stderr } = await project.run(node as NonNullable<typeof node>, args)
    expect({ end, stderr }).toEqual({ end: 2, stderr: `nonplus: ${message}\n` })
  })
})
