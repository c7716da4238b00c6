import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReportScope } from '../../../src/model/report.ts'
import type { Project } from '../../cli/project.ts'
import { hasLoaders } from '../../loaders/index.ts'
import { HOW_TO_GET_MYSQL } from '../../mysql-server.ts'
import { expectedTests } from './expected.ts'
import { exceptions, type Family, type Feature, features } from './features.ts'
import { createRunnerProject, type Run, type Runner, RunnerFolder, type Spec } from './runner-folder.ts'

const DRIVERS = ['pg', 'mysql2']

const hasMysql = process.env.NONPLUS_TEST_MYSQL_URL !== undefined
if (!hasMysql) process.stderr.write(`Test runners are not tested: ${HOW_TO_GET_MYSQL}\n`)

/** What was run with one runner. */
interface Runs {
  readonly folder: RunnerFolder
  /** Assertions, and nothing else of nonplus. */
  readonly alone: Run
  /** The whole suite, in one process. */
  readonly suite: Run
  /** The same in several, where the gate is to fail too. */
  readonly parallel: Run
}

const ALL: readonly Spec[] = ['assertions', 'pages', 'retries']

/** What wants runs of its own, and does not depend on how a runner is set up. */
const COSTLY: readonly Feature[] = [
  'query snapshots',
  '`NONPLUS=0` proves nothing',
  'gate and baseline',
  'under `nonplus run`',
]

/**
 * Holds every feature in each version of a runner, but for what is known to be otherwise.
 *
 * @param variants of these runners, in which all is held that one run shows.
 */
export function describeRunners(family: Family, runners: readonly Runner[], variants: readonly Runner[]): void {
  describe.skipIf(!hasLoaders || !hasMysql)(family, () => {
    let shared: { project: Project; databases: NodeJS.ProcessEnv }
    beforeAll(async () => {
      shared = await createRunnerProject()
    })
    afterAll(() => shared?.project.remove())

    describe.each(runners)('$title', (runner) => {
      let runs: Runs
      beforeAll(async () => {
        runs = await runAll(new RunnerFolder(runner, shared))
      })
      for (const feature of features) test.concurrent(feature, () => checks(family)[feature](runs))
    })

    describe.each(variants)('$title', (runner) => {
      let runs: Runs
      beforeAll(async () => {
        const folder = new RunnerFolder(runner, shared)
        const run = await folder.run({ specs: ALL, isSuite: true, workers: 2 })
        runs = { folder, alone: run, suite: run, parallel: run }
      })
      for (const feature of features.filter((one) => !COSTLY.includes(one)))
        test.concurrent(feature, () => checks(family)[feature](runs))
    })
  })
}

async function runAll(folder: RunnerFolder): Promise<Runs> {
  const [alone, suite] = await Promise.all([
    folder.run({ specs: ['assertions', 'retries'], isSuite: false, workers: 1 }),
    folder.run({ specs: ALL, isSuite: true, workers: 1 }),
  ])
  const parallel = await folder.run({ specs: ALL, isSuite: true, workers: 3 }, { NONPLUS_FAIL_ON: 'error' })
  return { folder, alone, suite, parallel }
}

type Check = (runs: Runs) => void | Promise<void>

function checks(family: Family): Record<Feature, Check> {
  const ofTests = Object.fromEntries(
    features.map((feature) => [feature, (runs: Runs) => expectTests(family, feature, runs)]),
  ) as Record<Feature, Check>
  return {
    ...ofTests,
    'query snapshots': expectSnapshots,
    '`NONPLUS=0` proves nothing': expectOff,
    'a scope per test': ({ suite }) => expect(testScopes(suite)).toEqual(expectedScopes(family)),
    'several workers': ({ suite, parallel }) => {
      expect(scopesOf(parallel, () => true)).toEqual(scopesOf(suite, () => true))
      expect(results(parallel)).toEqual(results(suite))
      // the runner has failed by itself, and so its own code stays
      expect(parallel.end).toBe(suite.end)
    },
    'hooks left out': ({ suite }) => {
      const added = hooksCounted(family)
      const counts = scopesOf(suite, ({ name }) => /pages.* > no loop$/.test(name))
      expect(counts).toEqual(DRIVERS.map((driver) => `pages.EXT > ${driver} > no loop: ${2 + added}`).sort())
    },
    'N+1 that no assertion asks for': expectPages,
    'a loop of the test is no finding': ({ suite }) => {
      const loops = pageFindings(suite).filter((one) => one.includes('a loop of the test'))
      expect(loops).toEqual(
        [...DRIVERS].sort().map((driver) => expect.stringContaining(`> ${driver} > a loop of the test: info`)),
      )
    },
    'gate and baseline': expectGate,
    'under `nonplus run`': (runs) => expectUnderRun(runs),
  }
}

/** Statements of hooks that are counted to the test they run for. */
function hooksCounted(family: Family): number {
  return exceptions[family]['hooks left out'] === undefined ? 0 : 1
}

function isHeld(family: Family, feature: Feature): boolean {
  return exceptions[family][feature] === undefined
}

/** The tests of a feature came out as they should, without a report of the whole suite and with one. */
function expectTests(family: Family, feature: Feature, { folder, alone, suite, parallel }: Runs): void {
  const expected = expectedTests.filter((one) => one.feature === feature)
  expect(expected).not.toEqual([])
  for (const run of [alone, suite, parallel]) {
    for (const driver of DRIVERS) {
      for (const one of expected) {
        const result = run.tests.find(({ name }) => keyOf(name) === `${driver} ${one.name}`)
        if (!isHeld(family, feature) && result === undefined) continue
        expect(result, `${driver} ${one.name}: ${result?.message ?? ''}`).toMatchObject({ status: one.status })
        if (one.says !== undefined) expectSaid(folder, result?.message ?? '', one.says)
      }
    }
  }
}

function expectSaid(folder: RunnerFolder, message: string, says: readonly RegExp[]): void {
  const loop = folder.place(`blog.${folder.extension}`, '// the loop')
  for (const pattern of says) {
    const source = pattern.source.replace('LOOP', loop).replace('SENT', `blog\\.${folder.extension}`)
    expect(message).toMatch(new RegExp(source, pattern.flags))
  }
  expect(message).not.toMatch(/\b730[01]\d\d\b|Secret/)
  // the line of the assertion
  expect(message).toMatch(/assertions\.test\.[jt]s:\d+/)
}

/** A name without file and without marks between blocks: mocha has none. */
function keyOf(name: string): string {
  return name.replace(/^\S+ > /, '').replaceAll(' > ', ' ')
}

function results({ tests }: Run): string[] {
  return tests.map(({ name, status }) => `${keyOf(name)}: ${status}`).sort()
}

function scopesOf({ report }: Run, isWanted: (scope: ReportScope) => boolean): string[] {
  const scopes = (report?.scopes ?? []).filter(isWanted)
  return scopes.map(({ name, queries }) => `${name.replace(/\.test\.[jt]s/, '.EXT')}: ${queries.count}`).sort()
}

/** Without marks between blocks. */
function testScopes(run: Run): string[] {
  const scopes = scopesOf(run, ({ kind, name }) => kind === 'test' && !name.startsWith('pages'))
  return scopes.map((scope) => scope.replace(/^\S+ > /, '').replaceAll(' > ', ' ')).sort()
}

function expectedScopes(family: Family): string[] {
  const hooks = hooksCounted(family)
  const scopes: string[] = []
  for (const driver of DRIVERS) {
    for (const one of expectedTests) {
      const isMissing = exceptions[family][one.feature] !== undefined && one.name !== 'callbacks'
      if (isMissing) continue
      const counts = hooks > 0 && one.queries.length === 0 && !one.name.startsWith('retried') ? [0] : one.queries
      for (const count of counts) scopes.push(`${driver} ${one.name}: ${count + (one.name === 'retried' ? 0 : hooks)}`)
    }
    if (family === 'node:test') scopes.push(`${driver} is not retried: 1`)
  }
  return scopes.sort()
}

/** Of tests without assertions on queries. */
const PAGES = ['a loop of the application', 'a loop at once', 'a loop of the test']

function expectPages({ folder, suite, parallel }: Runs): void {
  const loops = {
    'a loop of the application': `error ${folder.place(`blog.${folder.extension}`, '// the loop')}`,
    'a loop at once': `error ${folder.place(`blog.${folder.extension}`, 'posts.map((post) => query(')}`,
    'a loop of the test': `info ${folder.place(`pages.test.${folder.extension}`, 'for (const { author_id }')}`,
  }
  const expected = DRIVERS.flatMap((driver) =>
    Object.entries(loops).map(([name, loop]) => `pages.test.${folder.extension} > ${driver} > ${name}: ${loop}`),
  )
  for (const run of [suite, parallel]) {
    expect(pageFindings(run)).toEqual(expected.sort())
    expect(run.stderr).not.toMatch(/deprecated/i)
    expect(run.report?.coverage.warnings.filter((warning) => /could not see|inside nonplus/.test(warning))).toEqual([])
  }
}

function pageFindings({ report }: Run): string[] {
  return (report?.findings ?? [])
    .filter(({ scope }) => PAGES.some((page) => scope.name.startsWith('pages') && scope.name.endsWith(` > ${page}`)))
    .map((finding) => {
      const place = (finding.kind === 'n-plus-one' ? finding.loop : undefined) ?? finding.callSite
      return `${finding.scope.name}: ${finding.severity} ${place?.file}:${place?.line}`
    })
    .sort()
}

async function expectGate({ folder }: Runs): Promise<void> {
  const start = { specs: ['pages'] as const, isSuite: true, workers: 1 }
  const gated = await folder.run(start, { NONPLUS_FAIL_ON: 'error' })
  expect(gated.end).toBe(1)
  expect(gated.tests.map(({ status }) => status)).not.toContain('failed')
  const baseline = await folder.nonplus('baseline', gated.reportFile, '--reason', 'Known.')
  expect(baseline).toMatchObject({ end: 0 })
  const [known = '', ...rest] = new Set(gated.report?.findings.map(({ identity }) => identity))
  expect(rest).not.toEqual([])
  const file = JSON.parse(folder.read('nonplus-baseline.json')) as { findings: { identity: string }[] }
  const findings = file.findings.filter(({ identity }) => identity !== known)
  expect(findings).toHaveLength(file.findings.length - 1)
  folder.write('part.json', JSON.stringify({ ...file, findings }))
  const [all, part] = await Promise.all(
    ['nonplus-baseline.json', 'part.json'].map((name) =>
      folder.run(start, { NONPLUS_FAIL_ON: 'error', NONPLUS_BASELINE: name }),
    ),
  )
  expect([all?.end, part?.end]).toEqual([0, 1])
}

async function expectUnderRun({ folder, suite }: Runs): Promise<void> {
  const around = [...folder.nonplusCommand, 'run', '--reporter', 'json=outer.json', '--fail-on', 'error', '--']
  const run = await folder.run({ specs: ['pages'], isSuite: true, workers: 1 }, { NONPLUS_REPORTER: '' }, around)
  expect(run.end).toBe(1)
  const outer = { ...run, report: folder.readReport('outer.json') }
  expect(scopesOf(outer, () => true)).toEqual(scopesOf(suite, ({ name }) => name.startsWith('pages')))
  expect(pageFindings(outer)).toEqual(pageFindings(suite))
  expect(run.stderr.match(/^\d+ statements seen through/gm)).toHaveLength(1)
}

async function expectOff({ folder }: Runs): Promise<void> {
  const run = await folder.run({ specs: ['pages', 'assertions'], isSuite: true, workers: 1 }, { NONPLUS: '0' })
  expect(run.report).toBeUndefined()
  const asserting = new Set(expectedTests.map(({ name }) => name))
  for (const { name, status, message } of run.tests) {
    const key = keyOf(name).replace(/^\w+ /, '')
    if (!asserting.has(key) || key === 'a callback') continue
    if (key.startsWith('wrong use') || key === 'expected to fail') continue
    expect({ name, status }).toEqual({ name, status: 'failed' })
    expect(message).toContain('NONPLUS=0 is set')
  }
  const pages = run.tests.filter(({ name }) => PAGES.some((page) => name.endsWith(page)))
  expect(pages.map(({ status }) => status)).toEqual(Array(PAGES.length * DRIVERS.length).fill('passed'))
  expect(run.stderr).not.toContain('statements seen')
}

async function expectSnapshots({ folder }: Runs): Promise<void> {
  const start = { specs: ['snapshots'] as const, isSuite: true, workers: 1 }
  const statuses = (run: Run): string[] => [...new Set(run.tests.map(({ status }) => status))].sort()
  const written = await folder.run(start)
  expect(statuses(written)).toEqual(['passed'])
  const files = snapshotFiles(folder)
  expect(files).toContain('select id, name from authors where id in (?)')
  expect(files).not.toMatch(/\b730[01]\d\d\b/)
  expect(statuses(await folder.run(start))).toEqual(['passed'])
  expect(snapshotFiles(folder)).toBe(files)
  const changed = await folder.run(start, { SPEC_CHANGED: '1' })
  const failed = changed.tests.filter(({ status }) => status === 'failed')
  expect(failed.map(({ name }) => keyOf(name)).sort()).toEqual(['mysql2 a list', 'pg a list'])
  // Vitest prints the difference, and has it in no message
  const told = changed.stdout + changed.stderr + failed.map(({ message }) => message).join('\n')
  expect(told.match(/^\s*\+ 3 × select name from authors where id = \?/gm)?.length).toBeGreaterThanOrEqual(2)
  const update = { SPEC_CHANGED: '1', NONPLUS_UPDATE_SNAPSHOTS: '1' }
  expect(statuses(await folder.run({ ...start, update: true }, update))).toEqual(['passed'])
  expect(snapshotFiles(folder)).toContain('3 × select name from authors where id = ?')
  // what is not asked for any more is taken out by the runner, where the runner keeps it
  if (folder.runner.hasSnapshots) {
    expect(files).toContain('taken out')
    expect(snapshotFiles(folder)).not.toContain('taken out')
  }
}

function snapshotFiles(folder: RunnerFolder): string {
  return folder.readAll(folder.runner.hasSnapshots ? '__snapshots__' : 'kept')
}
