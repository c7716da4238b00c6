import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import esbuild from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findConfigFile } from '../src/config-file.ts'

const root = join(import.meta.dirname, '..')
/** Where Vitest leaves modules to Node, whose own way to load them is what is tested. */
const bundle = join(root, `node_modules/.cache/nonplus-test/load-config-${process.pid}.mjs`)
const scratch = mkdtempSync(join(tmpdir(), 'nonplus config '))
const index = pathToFileURL(join(import.meta.dirname, '../src/config.ts')).href
let cwd: string

let loadConfig: typeof import('../src/load-config.ts').loadConfig
let loadConfigSync: typeof import('../src/load-config-sync.ts').loadConfigSync

beforeAll(async () => {
  await esbuild.build({
    stdin: {
      contents: `export * from './load-config.ts'; export { loadConfigSync } from './load-config-sync.ts'`,
      resolveDir: join(root, 'src'),
    },
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  ;({ loadConfig, loadConfigSync } = await import(bundle))
})

// a folder of its own for each test: modules stay in memory
beforeEach(() => {
  cwd = mkdtempSync(join(scratch, 'project-'))
  write('.git/HEAD', '')
})

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  rmSync(bundle, { force: true })
})

function write(file: string, text: string): void {
  mkdirSync(dirname(join(cwd, file)), { recursive: true })
  writeFileSync(join(cwd, file), text)
}

/** The configuration file that is found in a folder of the project. */
function foundIn(folder = '.'): string | undefined {
  return findConfigFile(join(cwd, folder))?.path.slice(cwd.length + 1)
}

const files: [file: string, text: string][] = [
  ['nonplus.config.json', '{ "$schema": "x", "only": ["n-plus-one"] }'],
  ['package.json', '{ "name": "app", "nonplus": { "only": ["n-plus-one"] } }'],
  ['nonplus.config.cjs', "module.exports = { only: ['n-plus-one'] }"],
  ['nonplus.config.cjs', "exports.__esModule = true; exports.default = { only: ['n-plus-one'] }"],
  ['nonplus.config.mjs', "export default { only: ['n-plus-one'] }"],
  ['nonplus.config.js', "module.exports = { only: ['n-plus-one'] }"],
  ['nonplus.config.js', "export default { only: ['n-plus-one'] }"],
  ['.config/nonplus.config.mjs', "export default { only: ['n-plus-one'] }"],
]

describe('a file', () => {
  test.each(files)('%s is read, with and without waiting: %s', async (file, text) => {
    write(file, text)
    const name = file === 'package.json' ? 'nonplus in package.json' : file
    const expected = {
      config: { only: ['n-plus-one'] },
      sources: [{ name, path: join(cwd, file), values: { only: ['n-plus-one'] } }],
    }
    expect(loadConfigSync({ cwd, env: {} })).toEqual(expected)
    expect(await loadConfig({ cwd, env: {} })).toEqual(expected)
  })

  test.each([
    ['nonplus.config.ts', "export default defineConfig({ only: ['n-plus-one'] as const })"],
    ['nonplus.config.mts', "enum Kind { Loop = 'n-plus-one' }\nexport default defineConfig({ only: [Kind.Loop] })"],
    ['nonplus.config.ts', "export default await Promise.resolve(defineConfig({ only: ['n-plus-one'] }))"],
  ])('%s is read: %s', async (file, text) => {
    write(file, `import { defineConfig } from '${index}'\n${text}`)
    expect((await loadConfig({ cwd, env: {} })).config).toEqual({ only: ['n-plus-one'] })
  })

  test('ES modules may await, where one can wait', async () => {
    write('nonplus.config.mjs', "export default await Promise.resolve({ only: ['n-plus-one'] })")
    expect(() => loadConfigSync({ cwd, env: {} })).toThrow(
      'nonplus.config.mjs awaits at its top level, which is not possible here. Start the program with nonplus run.',
    )
    expect((await loadConfig({ cwd, env: {} })).config).toEqual({ only: ['n-plus-one'] })
  })

  test('its paths are relative to its folder, those of variables to the working directory', async () => {
    write('nonplus.config.json', '{ "baseline": "known.json", "reporters": [["json", "out/report.json"]] }')
    write('src/.keep', '')
    const { config } = await loadConfig({ cwd: join(cwd, 'src'), env: { NONPLUS_BASELINE: 'mine.json' } })
    expect(config).toEqual({
      baseline: join(cwd, 'src/mine.json'),
      reporters: [['json', join(cwd, 'out/report.json')]],
    })
  })

  test('in .config has its paths relative to the folder above', async () => {
    write('.config/nonplus.config.json', '{ "baseline": "known.json" }')
    expect((await loadConfig({ cwd, env: {} })).config.baseline).toBe(join(cwd, 'known.json'))
  })
})

describe('the search', () => {
  test('takes the nearest, up to the root of the repository', () => {
    write('nonplus.config.json', '{}')
    write('packages/api/package.json', '{}')
    write('packages/own/nonplus.config.json', '{}')
    expect([foundIn(), foundIn('packages/api'), foundIn('packages/own')]).toEqual([
      'nonplus.config.json',
      'nonplus.config.json',
      'packages/own/nonplus.config.json',
    ])
  })

  test('does not leave the repository', () => {
    write('nonplus.config.json', '{}')
    write('vendor/.git', 'gitdir: elsewhere')
    expect(foundIn('vendor')).toBeUndefined()
  })

  test.each(['package.json', 'pnpm-workspace.yaml'])('without a repository ends at the workspace: %s', (file) => {
    rmSync(join(cwd, '.git'), { recursive: true })
    write(file, file === 'package.json' ? '{ "workspaces": ["packages/*"] }' : 'packages: []')
    write('nonplus.config.json', '{}')
    write('packages/api/package.json', '{}')
    expect(foundIn('packages/api')).toBe('nonplus.config.json')
  })

  test('without repository and workspace ends at the package, and without one begins and ends here', () => {
    rmSync(join(cwd, '.git'), { recursive: true })
    write('nonplus.config.json', '{}')
    write('app/package.json', '{}')
    write('app/src/.keep', '')
    expect([foundIn('app/src'), foundIn('app'), foundIn()]).toEqual([undefined, undefined, 'nonplus.config.json'])
    write('app/nonplus.config.mjs', '')
    expect(foundIn('app/src')).toBe('app/nonplus.config.mjs')
    rmSync(join(cwd, 'app/package.json'))
    expect(foundIn('app/src')).toBeUndefined()
  })

  test('a broken package.json is none', () => {
    write('package.json', '{')
    expect(foundIn()).toBeUndefined()
  })
})

describe('which file', () => {
  test('one that is named goes before a variable, and a variable before the search', async () => {
    write('nonplus.config.json', '{ "only": ["n-plus-one"] }')
    write('named.mjs', 'export default { http: false }')
    write('variable.json', '{ "jobs": false }')
    const env = { NONPLUS_CONFIG: 'variable.json' }
    expect((await loadConfig({ cwd, env: {} })).config).toEqual({ only: ['n-plus-one'] })
    expect((await loadConfig({ cwd, env })).config).toEqual({ jobs: false })
    expect((await loadConfig({ cwd, env, file: 'named.mjs' })).config).toEqual({ http: false })
    expect((await loadConfig({ cwd, env: { NONPLUS_CONFIG: '' } })).config).toEqual({ only: ['n-plus-one'] })
  })

  test('variables go over a file', () => {
    write('nonplus.config.json', '{ "only": ["n-plus-one"], "failOn": ["error"] }')
    const { config, sources } = loadConfigSync({ cwd, env: { NONPLUS_ONLY: 'duplicate-query' } })
    expect(config).toEqual({ only: ['duplicate-query'], failOn: ['error'] })
    expect(sources.map(({ name }) => name)).toEqual(['nonplus.config.json', 'NONPLUS_ONLY'])
  })

  test('none is no fault', async () => {
    expect(await loadConfig({ cwd, env: {} })).toEqual({ config: {}, sources: [] })
  })
})

/** Everything that is wrong with a file, and what is said of it. */
const faults: [what: string, files: Record<string, string>, message: string | RegExp][] = [
  [
    'a name that is misspelt',
    { 'nonplus.config.json': '{ "failOnn": [] }' },
    'nonplus.config.json: Unknown option: `failOnn`. Did you mean `failOn`?',
  ],
  [
    'a value of another type',
    { 'nonplus.config.mjs': 'export default { http: 1 }' },
    'nonplus.config.mjs: `http` must be true or false, but got: 1.',
  ],
  [
    'a wrong value in package.json',
    { 'package.json': '{ "nonplus": { "only": ["n-plus"] } }' },
    'nonplus in package.json: Unknown kind: `n-plus`. Did you mean `n-plus-one`?',
  ],
  [
    'a wrong type in package.json',
    { 'package.json': '{ "nonplus": "error" }' },
    'nonplus in package.json: Options must be an object, but got: "error".',
  ],
  [
    'two files in a folder',
    { 'nonplus.config.ts': '', 'nonplus.config.js': '' },
    /^Two configurations in .*: nonplus\.config\.ts and nonplus\.config\.js\. Keep one, or name one with --config\.$/,
  ],
  [
    'a file beside package.json',
    { 'nonplus.config.json': '{}', 'package.json': '{ "nonplus": {} }' },
    /: nonplus\.config\.json and package\.json\. Keep one/,
  ],
  [
    'a file beside .config',
    { 'nonplus.config.json': '{}', '.config/nonplus.config.json': '{}' },
    /: nonplus\.config\.json and \.config\/nonplus\.config\.json\. Keep one/,
  ],
  [
    'JSON that is broken',
    { 'nonplus.config.json': '{\n  "only": ["n-plus-one"]\n  "http": false\n}' },
    /^nonplus\.config\.json:3:3 is no valid JSON: /,
  ],
  [
    'JSON that ends too soon',
    { 'nonplus.config.json': '{\n  "only": [' },
    /^nonplus\.config\.json:2:12 is no valid JSON/,
  ],
  ['an empty file', { 'nonplus.config.json': '' }, /^nonplus\.config\.json:1:1 is no valid JSON: /],
  [
    'no default export',
    { 'nonplus.config.mjs': 'export const only = []' },
    'nonplus.config.mjs has no default export. Write: export default { … }',
  ],
  [
    'a function',
    { 'nonplus.config.mjs': 'export default async () => ({})' },
    'nonplus.config.mjs must export an object, but exports: a function, which is not called.',
  ],
  [
    'a promise',
    { 'nonplus.config.cjs': 'module.exports = Promise.resolve({})' },
    'nonplus.config.cjs must export an object, but exports: a promise. Await it: export default await …',
  ],
  [
    'a list',
    { 'nonplus.config.cjs': 'module.exports = []' },
    'nonplus.config.cjs must export an object, but exports: [].',
  ],
  [
    'an error that it throws',
    { 'nonplus.config.mjs': "\nthrow new TypeError('no way')" },
    /^nonplus\.config\.mjs:2:7 could not be loaded: TypeError: no way$/,
  ],
  [
    'something that is no error',
    { 'nonplus.config.cjs': "throw 'no way'" },
    'nonplus.config.cjs could not be loaded: Error: no way',
  ],
  [
    'an import that is not there',
    { 'nonplus.config.mjs': "import './gone.js'" },
    /^nonplus\.config\.mjs could not be loaded: Error: Cannot find module '.*gone\.js'/,
  ],
  [
    'a fault of syntax in CommonJS',
    { 'nonplus.config.cjs': 'module.exports = {\n  a: ]\n}' },
    /^nonplus\.config\.cjs:2 cannot be read: /,
  ],
]

describe('wrong use', () => {
  test.each(faults)('%s', async (_what, given, message) => {
    for (const [file, text] of Object.entries(given)) write(file, text)
    const fault = expect.objectContaining({
      name: 'NonplusError',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    expect(() => loadConfigSync({ cwd, env: {} })).toThrow(fault)
    await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(fault)
  })

  test.each([
    ['nonplus.config.ts', 'const a: number = 1\nexport default {\n  only: [}\n}', 3],
    ['nonplus.config.mjs', 'export default {\n  only: [}\n}', 2],
  ])('a fault of syntax in %s has its line', async (file, text, line) => {
    write(file, text)
    await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(new RegExp(`^${file}:${line}:\\d+ cannot be read: `))
  })

  test('an error that TypeScript throws has its line', async () => {
    write('nonplus.config.ts', "const name: string = 'x'\nthrow new Error(name)")
    await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(
      /^nonplus\.config\.ts:2:\d+ could not be loaded: Error: x$/,
    )
  })

  test('what defineConfig() says is said with the file', async () => {
    write('nonplus.config.ts', `import { defineConfig } from '${index}'\nexport default defineConfig({ htp: false })`)
    await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(
      'nonplus.config.ts: Unknown option: `htp`. Did you mean `http`?',
    )
  })

  test('a reporter that does not exist', async () => {
    write('nonplus.config.json', '{ "reporters": ["jsn"] }')
    await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(
      'nonplus.config.json: Unknown reporter: `jsn`. Did you mean `json`?',
    )
  })

  test.each([
    [{ file: 'gone.ts' }, /^There is no configuration file .*gone\.ts, which --config names\.$/],
    [
      { env: { NONPLUS_CONFIG: 'gone.ts' } },
      /^There is no configuration file .*gone\.ts, which NONPLUS_CONFIG names\.$/,
    ],
    [{ file: 'nonplus.yaml' }, /^A configuration file is one of \.ts, .*\.json, but got: .*nonplus\.yaml\.$/],
    [{ file: 'package.json' }, 'There is no nonplus in package.json.'],
  ])('a file that is named: %j', async (options, message) => {
    write('nonplus.yaml', '')
    write('package.json', '{}')
    await expect(loadConfig({ cwd, env: {}, ...options })).rejects.toThrow(message)
  })
})
