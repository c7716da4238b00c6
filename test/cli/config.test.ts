import { mkdirSync, rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { type Outcome, Project, type StartOptions } from './project.ts'

let project: Project

beforeAll(async () => {
  project = await Project.create()
  // a search ends here, whatever is above the temporary folder
  mkdirSync(project.path('.git'))
})

afterAll(() => project.remove())

const written = new Set<string>()

afterEach(() => {
  for (const file of written) rmSync(project.path(file), { force: true })
  written.clear()
})

function write(file: string, text: string): void {
  written.add(file)
  project.write(file, text)
}

const LEAVE_OUT: readonly [file: string, text: string][] = [
  ['nonplus.config.json', '{ "ignore": ["n-plus-one"] }'],
  ['nonplus.config.cjs', "module.exports = require('nonplus').defineConfig({ ignore: ['n-plus-one'] })"],
  [
    'nonplus.config.mjs',
    "import { defineConfig } from 'nonplus'\nexport default defineConfig({ ignore: ['n-plus-one'] })",
  ],
]

const TYPESCRIPT = `import { defineConfig, type NonplusConfig } from 'nonplus'
const config: NonplusConfig = { ignore: ['n-plus-one'] }
export default defineConfig(config)`

function findings(stderr: string): number {
  return stderr.match(/^\w+ n-plus-one \(proven\)/gm)?.length ?? 0
}

describe.each(nodeVersions)('Node $version', (node) => {
  const commands: [name: string, start: (options?: StartOptions) => Promise<Outcome>][] = [
    ['nonplus run', (options) => project.run(node, ['--', 'node', 'esm.mjs'], options)],
    ['nonplus/register', (options) => project.startRegistered(node, ['esm.mjs'], options).outcome],
    [
      'nonplus/register, required',
      (options) => project.start(node, ['node', '--require', 'nonplus/register', 'esm.mjs'], options).outcome,
    ],
  ]

  describe.each(commands)('%s', (_name, start) => {
    test('without a file', async () => {
      const { end, stdout, stderr } = await start()
      expect({ end, stdout, findings: findings(stderr) }).toEqual({ end: 0, stdout: 'done\n', findings: 1 })
    })

    test.each(LEAVE_OUT)('%s is in force', async (file, text) => {
      write(file, text)
      const { end, stdout, stderr } = await start()
      expect({ end, stdout, findings: findings(stderr) }).toEqual({ end: 0, stdout: 'done\n', findings: 0 })
      expect(stderr).toContain('6 statements seen')
      expect(stderr).not.toContain('Warning')
    })

    test('a variable goes over the file', async () => {
      write('nonplus.config.json', '{ "ignore": ["n-plus-one"] }')
      const { stderr } = await start({ env: { NONPLUS_IGNORE: 'duplicate-query' } })
      expect(findings(stderr)).toBe(1)
    })

    test('NONPLUS_CONFIG names a file', async () => {
      write('other/quiet.json', '{ "ignore": ["n-plus-one"] }')
      const { stderr } = await start({ env: { NONPLUS_CONFIG: 'other/quiet.json' } })
      expect(findings(stderr)).toBe(0)
    })

    test('quiet prints nothing', async () => {
      write('nonplus.config.json', '{ "quiet": true }')
      expect(await start()).toEqual({ end: 0, stdout: 'done\n', stderr: '' })
    })
  })

  describe('nonplus run', () => {
    test('TypeScript is in force, in a process that reads none', async () => {
      write('nonplus.config.ts', TYPESCRIPT)
      const { end, stderr } = await project.run(node, ['--', 'node', 'esm.mjs'])
      expect({ end, findings: findings(stderr) }).toEqual({ end: 0, findings: 0 })
    })

    test('reporters, failOn and paths of the file', async () => {
      write('nonplus.config.json', '{ "reporters": [["json", "out/from-file.json"]], "failOn": ["n-plus-one"] }')
      mkdirSync(project.path('sub'), { recursive: true })
      const { end } = await project.run(node, ['--', 'node', '../esm.mjs'], { cwd: 'sub' })
      expect(end).toBe(1)
      expect(project.readReport('out/from-file.json').findings).toHaveLength(1)
    })

    test('flags go over variables, variables over the file', async () => {
      write('nonplus.config.json', '{ "failOn": ["n-plus-one"] }')
      const run = async (flags: string[], env = {}): Promise<Outcome['end']> =>
        (await project.run(node, [...flags, '--', 'node', 'esm.mjs'], { env })).end
      expect(await run([])).toBe(1)
      expect(await run([], { NONPLUS_FAIL_ON: 'duplicate-query' })).toBe(0)
      expect(await run(['--fail-on', 'error'], { NONPLUS_FAIL_ON: 'duplicate-query' })).toBe(1)
      expect(await run(['--only', 'duplicate-query'], { NONPLUS_ONLY: 'n-plus-one' })).toBe(0)
    })

    test('--config takes another file', async () => {
      write('nonplus.config.json', '{ "failOn": ["n-plus-one"] }')
      write('other.mjs', "export default { reporters: [['json', 'other.json']] }")
      const { end } = await project.run(node, ['--config', 'other.mjs', '--', 'node', 'esm.mjs'])
      expect(end).toBe(0)
      expect(project.readReport('other.json').findings).toHaveLength(1)
    })

    test.each([
      [
        'nonplus.config.json',
        '{ "failOnn": [] }',
        'nonplus.config.json: Unknown option: `failOnn`. Did you mean `failOn`?',
      ],
      [
        'nonplus.config.json',
        '{ "reporters": ["jsn"] }',
        'nonplus.config.json: Unknown reporter: `jsn`. Did you mean `json`?',
      ],
      ['nonplus.config.mjs', "throw new Error('no way')", 'nonplus.config.mjs:1:7 could not be loaded: Error: no way'],
    ])('wrong use ends with 2 before the program starts: %s %s', async (file, text, message) => {
      write(file, text)
      expect(await project.run(node, ['--', 'node', 'esm.mjs'])).toEqual({
        end: 2,
        stdout: '',
        stderr: `nonplus: ${message}\n`,
      })
    })
  })

  describe('nonplus/register', () => {
    test.each([
      ['nonplus.config.json', '{ "http": 1 }', 'nonplus.config.json: `http` must be true or false, but got: 1.'],
      ['nonplus.config.mjs', "throw new Error('no way')", 'nonplus.config.mjs:1:7 could not be loaded: Error: no way'],
      [
        'nonplus.config.mjs',
        'export default await 1',
        'nonplus.config.mjs awaits at its top level, which is not possible here. Start the program with nonplus run.',
      ],
    ])('a broken file leaves the program alone: %s %s', async (file, text, message) => {
      write(file, text)
      expect(await project.startRegistered(node, ['esm.mjs']).outcome).toEqual({
        end: 0,
        stdout: 'done\n',
        stderr: `nonplus: could not start, nothing is watched: ${message}\n`,
      })
    })

    test('TypeScript is in force where the process reads it, and a warning where it does not', async () => {
      write('nonplus.config.ts', TYPESCRIPT)
      const { end, stdout, stderr } = await project.startRegistered(node, ['esm.mjs']).outcome
      expect({ end, stdout }).toEqual({ end: 0, stdout: 'done\n' })
      if (readsTypeScript(node)) {
        expect(findings(stderr)).toBe(0)
        return
      }
      expect(findings(stderr)).toBe(1)
      expect(stderr.split('\n')[0]).toBe(
        'nonplus: nonplus.config.ts is not read: this Node.js process cannot load TypeScript. Start it with nonplus ' +
          'run, or make it nonplus.config.mjs or JSON.',
      )
    })

    test('TypeScript is in force beside tsx', async () => {
      write('nonplus.config.ts', TYPESCRIPT)
      const command = ['node', '--import', 'tsx', '--import', 'nonplus/register', 'esm.mjs']
      const { end, stderr } = await project.start(node, command).outcome
      expect({ end, findings: findings(stderr) }).toEqual({ end: 0, findings: 0 })
    })
  })
})

function readsTypeScript({ version }: NodeVersion): boolean {
  return !version.startsWith('20.')
}

describe('nonplus doctor', () => {
  const [node] = nodeVersions as [NodeVersion]
  const doctor = (args: readonly string[], options?: StartOptions): Promise<Outcome> =>
    project.start(node, ['node', project.path('node_modules/nonplus/dist/cli/index.js'), 'doctor', ...args], options)
      .outcome

  test('says which configuration is in force', async () => {
    expect((await doctor([])).stdout).toMatch(/^config +no file: the defaults hold$/m)
    write('nonplus.config.ts', TYPESCRIPT)
    const { end, stdout } = await doctor([], { env: { NONPLUS_FAIL_ON: 'error' } })
    expect(stdout).toMatch(/^config +nonplus\.config\.ts: ignore$/m)
    expect(stdout).toMatch(/^config +NONPLUS_FAIL_ON: above the file$/m)
    expect(end).toBe(0)
  })

  test('a broken one and a misspelt variable are problems', async () => {
    write('nonplus.config.json', '{ "ignor": [] }')
    const { end, stdout } = await doctor([], { env: { NONPLUS_FAILON: 'error' } })
    expect(stdout).toMatch(/^problem {2}nonplus\.config\.json: Unknown option: `ignor`\. Did you mean `ignore`\?$/m)
    expect(stdout).toMatch(/^problem {2}NONPLUS_FAILON is no variable of nonplus\. Did you mean `NONPLUS_FAIL_ON`\?$/m)
    expect(end).toBe(1)
  })

  test('--config names one, which is in force for a command', async () => {
    write('other.json', '{ "http": false, "processScope": false }')
    const { stdout } = await doctor(['--config', 'other.json', '--', 'node', 'esm.mjs'])
    expect(stdout).toMatch(/^config +other\.json: http, processScope$/m)
    expect(stdout).toContain('6 statements seen, 0 of them')
  })
})
