import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diagnose } from '../../src/cli/diagnosis.ts'
import { isInRange } from '../../src/cli/version-range.ts'
import { unsupportedDrivers } from '../../src/instrument/index.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { expectGolden } from '../reporters/golden.ts'
import { type Outcome, Project, type StartOptions } from './project.ts'

const modules = join(import.meta.dirname, '../../node_modules')
const [node] = nodeVersions as [NodeVersion]
const { version } = node

let project: Project

beforeAll(async () => {
  project = await Project.create()
})

afterAll(() => project.remove())

function doctor(args: readonly string[], options?: StartOptions): Promise<Outcome> {
  return project.start(
    node,
    ['node', project.path('node_modules/nonplus/dist/cli/index.js'), 'doctor', ...args],
    options,
  ).outcome
}

/** A project in the project, with real packages linked into it by the name they are required by. */
function makeProject(folder: string, manifest: object, packages: Record<string, string> = {}): string {
  project.write(`${folder}/package.json`, JSON.stringify(manifest))
  for (const [name, target] of Object.entries(packages)) {
    project.write(`${folder}/node_modules/${name}/.keep`, '')
    rmSync(project.path(folder, 'node_modules', name), { recursive: true })
    symlinkSync(join(modules, target), project.path(folder, 'node_modules', name))
  }
  return project.path(folder)
}

function problemsOf(folder: string, env: Record<string, string> = {}, nodeVersion = '22.20.0'): readonly string[] {
  return diagnose(folder, { nodeVersion, env }).problems
}

describe('without a command', () => {
  test('all is well: what is hooked, how, and where', async () => {
    const outcome = await doctor([])
    expect(outcome).toMatchObject({ end: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^pg +\d+\.\d+\.\d+ +patch +node_modules\/pg$/m)
    expect(outcome.stdout).toMatch(/^All drivers that were found here will be watched\.$/m)
  })

  test('a driver without a hook, a bundler, a test runner, OpenTelemetry and ORMs', async () => {
    const [unsupported = ''] = unsupportedDrivers
    makeProject('much', {
      scripts: { build: 'esbuild src/index.ts --bundle --platform=node --outfile=dist/index.js' },
      dependencies: { pg: '8', knex: '3', typeorm: '1', express: '5', [unsupported]: '1' },
      devDependencies: { vitest: '4' },
    })
    project.write(`much/node_modules/${unsupported}/package.json`, JSON.stringify({ version: '1.2.3' }))
    project.write('much/node_modules/pg/package.json', JSON.stringify({ version: '8.23.1' }))
    for (const [name, installed] of [
      ['knex', '3.3.0'],
      ['typeorm', '1.1.1'],
      ['express', '5.3.0'],
      ['vitest', '4.1.12'],
      ['@opentelemetry/instrumentation-pg', '0.76.0'],
    ]) {
      project.write(`much/node_modules/${name}/package.json`, JSON.stringify({ version: installed }))
    }
    const { end, stdout, stderr } = await doctor([], { cwd: 'much' })
    expect({ end, stderr }).toEqual({ end: 1, stderr: '' })
    const text = stdout
      .replace(version, '<node>')
      .replaceAll(unsupported, '<unsupported>')
      // of the folder above, and of Node itself
      .replaceAll(/^.*(?:\.\.\/node_modules|Node\.js itself).*\n/gm, '')
      .replaceAll(/ {2,}/g, '  ')
    expectGolden('doctor.txt', text)
  })

  test('wrong usage', async () => {
    const { end, stderr } = await doctor(['--no-such-option'])
    expect({ end, stderr }).toMatchObject({ end: 2, stderr: expect.stringContaining('--no-such-option') })
  })
})

describe('with a command', () => {
  test('each process says what was hooked and seen', async () => {
    const { end, stdout, stderr } = await doctor(['--', 'sh', '-c', 'node esm.mjs && node cjs.cjs'])
    expect({ end, stderr }).toMatchObject({ end: 0, stderr: 'done\ndone\n' })
    expect(stdout).toMatch(/^pg-pool \S+ \(patch\), pg \S+ \(patch\) +6 +6 +node .*esm\.mjs$/m)
    expect(stdout).toMatch(/^pg-pool \S+ \(patch\), pg \S+ \(patch\) +6 +6 +node .*cjs\.cjs$/m)
    expect(stdout).toContain('12 statements seen, 12 of them in 2 scopes.')
    expect(project.leftovers()).toEqual([])
  })

  test('a program that sends nothing is not seen', async () => {
    const { end, stdout } = await doctor(['--', 'node', '-e', '0'])
    expect(end).toBe(1)
    expect(stdout).toContain('problem  No statement was seen: let the command do what you want judged.')
  })

  test('warnings of the run are problems', async () => {
    const { end, stdout } = await doctor(['--', 'node', 'coverage.mjs', 'queries outside any scope'])
    expect(end).toBe(1)
    expect(stdout).toMatch(/^problem {2}2 statements ran outside any scope/m)
  })

  test('what is left out on purpose is none', async () => {
    project.write(
      'left-out.mjs',
      `import pg from 'pg'
import { ignore } from 'nonplus'
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
await pool.query('select 1')
await ignore('on purpose', () => pool.query('select 2'))
await pool.end()
`,
    )
    const { end, stdout } = await doctor(['--', 'node', 'left-out.mjs'])
    expect(stdout).toMatch(/^note {2}1 statement left out by ignore\(\): on purpose$/m)
    expect(end).toBe(0)
  })

  test('one that cannot be started', async () => {
    expect(await doctor(['--', 'no-such-program'])).toMatchObject({ end: 127 })
  })
})

describe('problems', () => {
  test('a copy that is nested, and too old', () => {
    const folder = makeProject('nested', { dependencies: { pg: '8' } }, { pg: 'pg' })
    project.write('nested/node_modules/other/package.json', JSON.stringify({ name: 'other', version: '1.0.0' }))
    project.write('nested/node_modules/other/node_modules/pg/package.json', JSON.stringify({ version: '7.18.2' }))
    expect(problemsOf(folder)).toEqual([
      expect.stringMatching(/^pg 7\.18\.2 in node_modules\/other\/node_modules\/pg: tested with >=8\.0\.3 <9 only\./),
    ])
  })

  test('a copy that only a tool of a tool asks for is none', () => {
    const folder = makeProject('far', { dependencies: { pg: '8', prisma: '7' } }, { pg: 'pg' })
    const pglite = 'far/node_modules/@electric-sql/pglite/package.json'
    project.write(pglite, JSON.stringify({ name: '@electric-sql/pglite', version: '0.4.3' }))
    const write = (dependencies: object) =>
      project.write('far/node_modules/prisma/package.json', JSON.stringify({ version: '7.0.0', dependencies }))
    write({ '@prisma/dev': '1' })
    expect(problemsOf(folder)).toEqual([])
    write({ '@electric-sql/pglite': '0.4' })
    expect(problemsOf(folder)).toEqual([expect.stringMatching(/^@electric-sql\/pglite 0\.4\.3 in /)])
  })

  test('a copy in a workspace', () => {
    const folder = makeProject('mono', { workspaces: ['packages/*'] })
    project.write('mono/packages/own/package.json', JSON.stringify({ name: 'own', version: '1.0.0' }))
    project.write('mono/packages/own/node_modules/pg/package.json', JSON.stringify({ version: '8.1.0' }))
    project.write('mono/node_modules/.keep', '')
    symlinkSync('../packages/own', project.path('mono/node_modules/own'))
    const { drivers } = diagnose(folder, { nodeVersion: '22.20.0', env: {} })
    expect(drivers).toContainEqual({
      name: 'pg',
      version: '8.1.0',
      path: 'packages/own/node_modules/pg',
      via: 'patch',
    })
  })

  test('a copy in a store of pnpm', () => {
    const folder = makeProject('store', {})
    cpSync(join(modules, 'pg-oldest'), project.path('store/node_modules/.pnpm/pg@8.0.3/node_modules/pg'), {
      recursive: true,
    })
    const { drivers } = diagnose(folder, { nodeVersion: '22.20.0', env: {} })
    expect(drivers).toContainEqual(expect.objectContaining({ name: 'pg', version: '8.0.3', via: 'patch' }))
  })

  test('in package.json, but not installed', () => {
    const folder = makeProject('bare', { dependencies: { [unsupportedDrivers[0] as string]: '1' } })
    expect(problemsOf(folder)).toEqual([
      `${unsupportedDrivers[0]} is in package.json, but not installed. Run npm install.`,
    ])
  })

  test('NONPLUS=0, and an old Node', () => {
    const folder = makeProject('sound', {}, { pg: 'pg' })
    expect(problemsOf(folder)).toEqual([])
    expect(problemsOf(folder, { NONPLUS: '0' }, '18.20.0')).toEqual([
      'Node.js 18.20.0 is too old: nonplus needs 20.19.0 or later.',
      'NONPLUS=0 is set, which turns nonplus off. Unset it: unset NONPLUS.',
    ])
  })

  test('a driver that Next.js bundles, until its configuration says otherwise', () => {
    const folder = makeProject('next', { dependencies: { pg: '8', next: '16' } }, { pg: 'pg' })
    project.write('next/node_modules/next/package.json', JSON.stringify({ version: '16.4.6' }))
    project.write('next/next.config.mjs', 'export default {}')
    expect(problemsOf(folder)).toEqual([expect.stringContaining("serverExternalPackages: ['pg']")])
    project.write('next/next.config.mjs', "export default { serverExternalPackages: ['pg'] }")
    expect(problemsOf(folder)).toEqual([])
    project.write('next/next.config.mjs', 'export default {}')
    project.write('next/node_modules/next/dist/lib/server-external-packages.jsonc', '["pg"]')
    expect(problemsOf(folder)).toEqual([])
  })

  test.each([
    ['esbuild app.ts --bundle', 1],
    ['esbuild app.ts --bundle --external:pg', 0],
    ['esbuild app.ts --bundle --packages=external', 0],
    ['esbuild app.ts', 0],
    ['tsc', 0],
  ])('%s: %i', (build, count) => {
    const folder = makeProject('bundled', { scripts: { build }, dependencies: { pg: '8' } }, { pg: 'pg' })
    expect(problemsOf(folder)).toHaveLength(count)
  })
})

test.each([
  ['8.0.3', '>=8.0.3 <9', true],
  ['8.0.2', '>=8.0.3 <9', false],
  ['9.0.0', '>=8.0.3 <9', false],
  ['8.10.0', '>=8.9 <9', true],
  ['9.0.0-rc.1', '>=8 <9', false],
  ['5.1.0', '>=3 <4 || >=5', true],
  ['4.1.0', '>=3 <4 || >=5', false],
  ['22.13.0', '>=22.13', true],
])('%s is in %s: %s', (installed, range, expected) => {
  expect(isInRange(installed, range)).toBe(expected)
})
