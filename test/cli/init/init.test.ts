import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createJiti } from 'jiti'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Questions } from '../../../src/cli/init/ask.ts'
import { type InitFlags, init } from '../../../src/cli/init.ts'

const scratch = mkdtempSync(join(tmpdir(), 'nonplus init '))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(scratch, 'project-'))
  mkdirSync(join(folder, '.git'))
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

type Files = Readonly<Record<string, string | object>>

function write(files: Files): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

/** Every file of the project, by name. */
function snapshot(): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
    }),
  )
}

/** What `nonplus init` prints, and how it ends. */
async function run(flags: InitFlags, questions?: Questions): Promise<{ code: number; text: string }> {
  let text = ''
  const code = await init(flags, {
    cwd: folder,
    color: false,
    isInteractive: questions !== undefined,
    write: (part) => {
      text += part
    },
    ask: async () => questions as Questions,
  })
  return { code, text }
}

/** What a configuration exports, with packages that only say what they were called with. */
async function load(file: string): Promise<Record<string, unknown>> {
  const packages: Record<string, string> = {
    'vitest/config': 'export const defineConfig = (config) => config',
    'nonplus/vitest/plugin': "export default () => 'nonplus/vitest/plugin'",
    'nonplus/jest/config': 'export const withNonplus = (config) => ({ ...config, isWrapped: true })',
    nonplus: 'export const defineConfig = (config) => config',
  }
  const alias = Object.fromEntries(
    Object.entries(packages).map(([name, text]) => {
      const path = join(folder, 'packages', `${name.replaceAll('/', '-')}.mjs`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      return [name, path]
    }),
  )
  const jiti = createJiti(join(folder, 'x.mjs'), { alias, fsCache: false, moduleCache: false })
  return await jiti.import(join(folder, file), { default: true })
}

const VITEST = { devDependencies: { vitest: '^4' } }
const JEST = { devDependencies: { jest: '^30' } }
const MOCHA = { devDependencies: { mocha: '^12' } }
const PLUGINS = { plugins: ['nonplus/vitest/plugin'] }
const SUITE = { setupFilesAfterEnv: ['nonplus/jest/suite'], reporters: ['default', 'nonplus/jest/reporter'] }

/** Projects, the file that sets up their runner, and what it then says. */
const projects: [what: string, files: Files, file: string, expected: object][] = [
  [
    'Vitest in TypeScript',
    {
      'package.json': VITEST,
      'vitest.config.ts':
        "import { defineConfig } from 'vitest/config'\nexport default defineConfig({ test: { globals: true as boolean } })\n",
    },
    'vitest.config.ts',
    { ...PLUGINS, test: { globals: true } },
  ],
  [
    'Vitest in an ES module',
    { 'package.json': { type: 'module', ...VITEST }, 'vitest.config.js': 'export default { test: {} }\n' },
    'vitest.config.js',
    { ...PLUGINS, test: {} },
  ],
  [
    'Vitest in the configuration of Vite',
    { 'package.json': VITEST, 'vite.config.mts': 'export default { base: "/" }\n' },
    'vite.config.mts',
    { ...PLUGINS, base: '/' },
  ],
  [
    'Vitest without a configuration',
    { 'package.json': { type: 'module', ...VITEST }, 'tsconfig.json': '{}' },
    'vitest.config.ts',
    PLUGINS,
  ],
  ['Vitest without a configuration, in CommonJS', { 'package.json': VITEST }, 'vitest.config.mjs', PLUGINS],
  [
    'Jest in CommonJS',
    { 'package.json': JEST, 'jest.config.js': "module.exports = {\n  preset: 'a',\n}\n" },
    'jest.config.js',
    { isWrapped: true, preset: 'a' },
  ],
  [
    'Jest in an ES module',
    {
      'package.json': { type: 'module', ...JEST },
      'jest.config.js': 'const config = { preset: "a" };\n\nexport default config;\n',
    },
    'jest.config.js',
    { isWrapped: true, preset: 'a' },
  ],
  [
    'Jest in .cjs',
    { 'package.json': { type: 'module', ...JEST }, 'jest.config.cjs': 'module.exports = {}\n' },
    'jest.config.cjs',
    { isWrapped: true },
  ],
  [
    'Jest in TypeScript',
    {
      'package.json': JEST,
      'jest.config.ts':
        "import type { Config } from 'jest';\n\nconst config: Config = { preset: 'a' };\n\nexport default config;\n",
    },
    'jest.config.ts',
    { isWrapped: true, preset: 'a' },
  ],
  [
    'Jest in JSON',
    {
      'package.json': JEST,
      'jest.config.json': { preset: 'a', setupFilesAfterEnv: ['./a.js'], reporters: ['summary'] },
    },
    'jest.config.json',
    {
      preset: 'a',
      setupFilesAfterEnv: ['./a.js', 'nonplus/jest/suite'],
      reporters: ['summary', 'nonplus/jest/reporter'],
    },
  ],
  [
    'Jest in package.json',
    { 'package.json': { ...JEST, jest: { preset: 'a' } } },
    'package.json',
    { jest: { preset: 'a', ...SUITE }, ...JEST },
  ],
  ['Jest without a configuration', { 'package.json': JEST }, 'package.json', { ...JEST, jest: SUITE }],
  [
    'mocha in JSON',
    { 'package.json': MOCHA, '.mocharc.json': { require: 'tsx' } },
    '.mocharc.json',
    { require: ['tsx', 'nonplus/mocha'] },
  ],
  [
    'mocha in JSON, with a list',
    { 'package.json': MOCHA, '.mocharc.json': { require: ['a', 'b'], spec: 'x' } },
    '.mocharc.json',
    { require: ['a', 'b', 'nonplus/mocha'], spec: 'x' },
  ],
  [
    'mocha in CommonJS',
    { 'package.json': MOCHA, '.mocharc.cjs': "module.exports = { spec: 'x' }\n" },
    '.mocharc.cjs',
    { require: ['nonplus/mocha'], spec: 'x' },
  ],
  [
    'mocha in package.json',
    { 'package.json': { ...MOCHA, mocha: { spec: 'x' } } },
    'package.json',
    { ...MOCHA, mocha: { spec: 'x', require: ['nonplus/mocha'] } },
  ],
  ['mocha without a configuration', { 'package.json': MOCHA }, '.mocharc.json', { require: ['nonplus/mocha'] }],
  [
    'node:test',
    { 'package.json': { scripts: { test: 'node --test' } } },
    'package.json',
    { scripts: { test: 'node --require nonplus/node-test --test' } },
  ],
  [
    'node:test through others',
    {
      'package.json': {
        scripts: {
          test: 'tsc && c8 node --enable-source-maps --test test/ && node done.js',
          watch: 'tsx --test --watch',
          other: 'node --test-only a.js',
        },
      },
    },
    'package.json',
    {
      scripts: {
        test: 'tsc && c8 node --require nonplus/node-test --enable-source-maps --test test/ && node done.js',
        watch: 'tsx --require nonplus/node-test --test --watch',
        other: 'node --test-only a.js',
      },
    },
  ],
]

describe('--yes', () => {
  test.each(projects)('%s is set up, once', async (_what, files, file, expected) => {
    write(files)
    const { code, text } = await run({ yes: true })
    expect(code).toBe(0)
    expect(text).toMatch(new RegExp(`^Written: .*${file}`, 'm'))
    expect(file.endsWith('.json') ? JSON.parse(read(file)) : await load(file)).toEqual(expected)
    const after = snapshot()
    const again = await run({ yes: true })
    expect(again.text).toMatch(/^there {4}(Vitest|Jest|mocha|node:test): .*\n(?:there .*\n)*\nNothing to change\.\n$/m)
    expect(snapshot()).toEqual(after)
  })

  test.each([
    ['tsconfig.json', 'nonplus.config.ts'],
    ['README.md', 'nonplus.config.mjs'],
  ])('a configuration of nonplus beside %s: %s', async (present, file) => {
    write({ 'package.json': {}, [present]: '{}' })
    await run({ yes: true })
    expect(await load(file)).toEqual({ failOn: [], ignore: [] })
  })

  test('none where there is one, in package.json too', async () => {
    write({ 'package.json': { nonplus: {} } })
    const { text } = await run({ yes: true })
    expect(text).toContain('there    A configuration file (package.json)')
    expect(existsSync(join(folder, 'nonplus.config.mjs'))).toBe(false)
  })

  test.each([
    ['pnpm-lock.yaml', 'pnpm run dev', 'pnpm add --dev nonplus'],
    ['yarn.lock', 'yarn run dev', 'yarn add --dev nonplus'],
    ['package-lock.json', 'npm run dev', 'npm install --save-dev nonplus'],
    ['README.md', 'npm run dev', 'npm install --save-dev nonplus'],
  ])('a script, by %s', async (lockfile, command, next) => {
    write({ [lockfile]: '', 'package.json': { scripts: { dev: 'node .', z: '' } } })
    const { text } = await run({ yes: true })
    expect(Object.entries(JSON.parse(read('package.json')).scripts)).toEqual([
      ['dev', 'node .'],
      ['dev:nonplus', `nonplus run -- ${command}`],
      ['z', ''],
    ])
    expect(text).toContain(`next\n  ${next}\n`)
  })

  test('packageManager goes before a lockfile, which may be above', async () => {
    write({ 'yarn.lock': '', 'package.json': { workspaces: ['app'] }, 'app/package.json': { scripts: { start: 'x' } } })
    folder = join(folder, 'app')
    await run({ yes: true })
    expect(read('package.json')).toContain('"start:nonplus": "nonplus run -- yarn run start"')
    write({ 'package.json': { packageManager: 'pnpm@10.0.0', scripts: { start: 'x' } } })
    await run({ yes: true })
    expect(read('package.json')).toContain('"start:nonplus": "nonplus run -- pnpm run start"')
  })

  test.each([
    [
      'tabs',
      '{\n\t"scripts": {\n\t\t"dev": "x"\n\t},\n\t"files": ["a", "b"]\n}\n',
      '{\n\t"scripts": {\n\t\t"dev": "x",\n\t\t"dev:nonplus": "nonplus run -- npm run dev"\n\t},\n\t"files": ["a", "b"]\n}\n',
    ],
    [
      'four spaces, no end of the last line',
      '{\n    "scripts": {\n        "dev": "x"\n    }\n}',
      '{\n    "scripts": {\n        "dev": "x",\n        "dev:nonplus": "nonplus run -- npm run dev"\n    }\n}',
    ],
    [
      'ends of lines of Windows',
      '{\r\n  "scripts": {\r\n    "dev": "x"\r\n  }\r\n}\r\n',
      '{\r\n  "scripts": {\r\n    "dev": "x",\r\n    "dev:nonplus": "nonplus run -- npm run dev"\r\n  }\r\n}\r\n',
    ],
  ])('package.json keeps its form: %s', async (_what, before, after) => {
    write({ 'package.json': before })
    await run({ yes: true })
    expect(read('package.json')).toBe(after)
  })

  test('all changes of package.json are one', async () => {
    write({ 'package.json': { scripts: { dev: 'x', test: 'node --test' }, ...JEST } })
    const { text } = await run({ yes: true })
    expect(text.match(/^\+\+\+ b\/package\.json$/gm)).toHaveLength(1)
    expect(JSON.parse(read('package.json'))).toEqual({
      scripts: {
        dev: 'x',
        'dev:nonplus': 'nonplus run -- npm run dev',
        test: 'node --require nonplus/node-test --test',
      },
      ...JEST,
      jest: SUITE,
    })
  })
})

describe('what cannot be changed safely is shown', () => {
  test.each<[what: string, files: Files, shown: string]>([
    [
      'a computed configuration of Jest',
      { 'package.json': JEST, 'jest.config.js': 'module.exports = createJestConfig({})\n' },
      'module.exports = withNonplus({ … })',
    ],
    [
      'projects of Jest',
      { 'package.json': { jest: { projects: ['a'] } } },
      '"setupFilesAfterEnv": ["nonplus/jest/suite"],',
    ],
    ['Jest under a path', { 'package.json': { jest: './jest.json' } }, '"setupFilesAfterEnv": ["nonplus/jest/suite"],'],
    [
      'projects of Vitest',
      { 'package.json': VITEST, 'vitest.config.ts': 'export default { test: { projects: [] } }\n' },
      'plugins: [nonplus()],',
    ],
    [
      'a workspace of Vitest',
      { 'package.json': VITEST, 'vitest.config.ts': 'export default {}\n', 'vitest.workspace.ts': '' },
      'plugins: [nonplus()],',
    ],
    [
      'a computed configuration of Vitest',
      { 'package.json': VITEST, 'vitest.config.ts': 'export default mergeConfig(a, b)\n' },
      'plugins: [nonplus()],',
    ],
    ['YAML of mocha', { 'package.json': MOCHA, '.mocharc.yml': 'require:\n  - tsx\n' }, '  - nonplus/mocha'],
    [
      'a computed configuration of mocha',
      { 'package.json': MOCHA, '.mocharc.cjs': 'module.exports = make()\n' },
      "require: ['nonplus/mocha'],",
    ],
  ])('%s', async (_what, files, shown) => {
    write({ ...files, 'nonplus.config.mjs': '' })
    const before = snapshot()
    const { code, text } = await run({ yes: true })
    expect({ code, files: snapshot() }).toEqual({ code: 0, files: before })
    expect(text).toMatch(/^by hand {2}(Vitest|Jest|mocha): /m)
    expect(text).toContain(`           ${shown}\n`)
  })

  test('JSON with comments is changed, and keeps them', async () => {
    write({ 'package.json': MOCHA, '.mocharc.jsonc': '{\n  // all\n  "spec": "x",\n}\n' })
    await run({ yes: true })
    expect(read('.mocharc.jsonc')).toContain('// all\n  "spec": "x"')
    expect(read('.mocharc.jsonc')).toContain('"nonplus/mocha"')
  })

  test('YAML that has it is done', async () => {
    write({ 'package.json': MOCHA, '.mocharc.yml': 'require: [nonplus/mocha]\n' })
    expect((await run({ yes: true })).text).toContain('there    mocha: ')
  })
})

describe('asking', () => {
  const project: Files = { 'package.json': { scripts: { dev: 'x' }, ...VITEST } }
  const all: Questions = { choose: async (changes) => changes, confirm: async () => true }

  test('--dry-run shows what --yes writes, and writes nothing', async () => {
    write(project)
    const before = snapshot()
    const dry = await run({ dryRun: true })
    expect(snapshot()).toEqual(before)
    const diffOf = (text: string): string => text.slice(text.indexOf('---'), text.search(/^(Written|Nothing)/m))
    expect(diffOf(dry.text)).toContain('+    "dev:nonplus": "nonplus run -- npm run dev"')
    expect(diffOf((await run({ yes: true })).text)).toBe(diffOf(dry.text))
  })

  test('nothing is written before the answer, and what was shown after it', async () => {
    write(project)
    const before = snapshot()
    let asked = ''
    const { text } = await run(
      {},
      {
        ...all,
        confirm: async (message) => {
          expect(snapshot()).toEqual(before)
          asked = message
          return true
        },
      },
    )
    expect(asked).toBe('Write vitest.config.mjs, nonplus.config.mjs, package.json?')
    expect(text).toContain('Written: vitest.config.mjs, nonplus.config.mjs, package.json\n')
    expect(Object.keys(snapshot()).sort()).toEqual(['nonplus.config.mjs', 'package.json', 'vitest.config.mjs'])
  })

  test('only what is chosen', async () => {
    write(project)
    const choose: Questions['choose'] = async (changes) => changes.filter(({ file }) => file.startsWith('nonplus'))
    await run({}, { ...all, choose })
    expect(Object.keys(snapshot()).sort()).toEqual(['nonplus.config.mjs', 'package.json'])
    expect(read('package.json')).not.toContain('nonplus')
  })

  test.each<[what: string, questions: Questions, code: number]>([
    ['no', { ...all, confirm: async () => false }, 0],
    ['nothing', { ...all, choose: async () => [] }, 0],
    ['leaving at the choice', { ...all, choose: async () => undefined }, 130],
    ['leaving at the end', { ...all, confirm: async () => undefined }, 130],
  ])('%s changes nothing', async (_what, questions, code) => {
    write(project)
    const before = snapshot()
    const outcome = await run({}, questions)
    expect(outcome).toEqual({ code, text: expect.stringMatching(/Nothing was changed\.\n$/) })
    expect(snapshot()).toEqual(before)
  })

  test.each<[what: string, files: Files]>([
    ['a file that is changed', { 'package.json': { name: 'other' } }],
    ['a file that is made', { 'nonplus.config.mjs': 'export default {}' }],
  ])('%s meanwhile keeps all from being written', async (_what, changed) => {
    write(project)
    const outcome = run({}, { ...all, confirm: async () => write(changed) ?? true })
    await expect(outcome).rejects.toThrow(
      `Nothing was written: ${Object.keys(changed)[0]} changed while you were asked. Call nonplus init again.`,
    )
    expect(existsSync(join(folder, 'vitest.config.mjs'))).toBe(false)
  })

  test('nobody to ask', async () => {
    write(project)
    await expect(run({})).rejects.toThrow('standard input is no terminal. Use --yes to take all suggestions')
  })

  test('no project', async () => {
    await expect(run({ yes: true })).rejects.toThrow(/^There is no package\.json in /)
    write({ 'package.json': '{' })
    await expect(run({ yes: true })).rejects.toThrow('package.json is no valid JSON.')
  })

  test('what is found in folders above is the project', async () => {
    write(project)
    mkdirSync(join(folder, 'src/deep'), { recursive: true })
    const [outer, inner] = [folder, join(folder, 'src/deep')]
    folder = inner
    await run({ yes: true })
    folder = outer
    expect(read('package.json')).toContain('dev:nonplus')
  })
})

test('the page shows what is printed', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/init.md'), 'utf8')
  const [, sample] = page.match(/^\$ npx nonplus init --yes\n(.*?)^```$/ms) ?? []
  write({
    'package.json': {
      name: 'shop',
      type: 'module',
      scripts: { dev: 'tsx watch src/server.ts', test: 'vitest run' },
      dependencies: { pg: '^8.23.1', typeorm: '^1.1.1' },
      devDependencies: { typescript: '^6.0.3', vitest: '^4.1.12' },
    },
    'vitest.config.ts': `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globals: true,
  },
})
`,
    'pnpm-lock.yaml': '',
    '.github/workflows/ci.yml': '',
    'node_modules/pg/package.json': { name: 'pg', version: '8.23.1' },
    'node_modules/typeorm/package.json': { name: 'typeorm', version: '1.1.1' },
  })
  expect((await run({ yes: true })).text).toBe(sample)
})

describe('CI', () => {
  test.each([
    ['.github/workflows/ci.yml', VITEST, '- run: npm run test\n    env:\n      NONPLUS_FAIL_ON: error\n'],
    ['.github/workflows/ci.yml', {}, '- run: npx nonplus run --fail-on error -- npm run test\n'],
    ['.gitlab-ci.yml', MOCHA, 'variables:\n    NONPLUS_FAIL_ON: error\n  script:\n    - npm run test\n'],
  ])('%s gets lines', async (file, dependencies, lines) => {
    write({ [file]: '', 'package.json': { scripts: { test: 'x' }, ...dependencies } })
    expect((await run({ yes: true })).text).toContain(`\n  ${lines}`)
  })
})
