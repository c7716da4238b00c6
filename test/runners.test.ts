import { cpSync, realpathSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome, Project } from './cli/project.ts'
import { createLoaderProject, hasLoaders, loaderFile } from './loaders/index.ts'
import { type NodeVersion, nodeVersions } from './node-versions.ts'

let project: Project

/** Line of the loop in {@link CASE}. */
const LOOP = 14

// the types above the loop move it, where the compiled code is taken for the source
const CASE = `
import { profile } from 'nonplus'
import pg from 'pg'

interface Post {
  readonly id: number
  readonly author_id: number
}

const pool: pg.Pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })

async function listPosts(): Promise<void> {
  const { rows } = await pool.query<Post>('select id, author_id from posts order by id limit 5')
  for (const post of rows) await pool.query('select name from authors where id = $1', [post.author_id])
}

test('the author of each post', async () => {
  await pool.query('select 1')
  const { report } = await profile('list', listPosts)
  await pool.end()
  const found = report.findings.map(({ kind, confidence, callSite }) => \`\${kind} \${confidence} \${callSite?.line}\`)
  process.stderr.write(\`<\${found} of \${report.coverage.seen}>\\n\`)
})
`

const IMPORTS: Record<string, string> = {
  vitest: "import { test } from 'vitest'",
  node: "import { test } from 'node:test'",
}

beforeAll(async () => {
  if (!hasLoaders) return
  project = await createLoaderProject()
  const compilerOptions = {
    target: 'es2022',
    module: 'commonjs',
    esModuleInterop: true,
    types: ['node'],
    sourceMap: true,
  }
  for (const runner of ['vitest', 'jest', 'mocha', 'node']) {
    project.write(`${runner}/package.json`, JSON.stringify({ type: runner === 'vitest' ? 'module' : 'commonjs' }))
    project.write(`${runner}/tsconfig.json`, JSON.stringify({ compilerOptions }))
    for (const name of ['one', 'two']) project.write(`${runner}/${name}.test.ts`, (IMPORTS[runner] ?? '') + CASE)
  }
  project.write('mocha/one.test.ts', project.read('mocha/one.test.ts').replace('\ntest(', '\nit('))
  // of the project itself, since it resolves what it requires from where it is
  rmSync(project.path('node_modules/mocha'))
  cpSync(realpathSync(loaderFile('mocha')), project.path('node_modules/mocha'), { recursive: true })
  project.write(
    'jest/babel.config.cjs',
    `module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }], '@babel/preset-typescript'] }`,
  )
})

afterAll(() => project?.remove())

/** Ran well, and each of `files` had its one finding at its line, counted once. */
function expectFound({ end, stdout, stderr }: Outcome, files: number): void {
  expect({ end, stdout, stderr }).toMatchObject({ end: 0 })
  const told = `${stdout}${stderr}`.match(/<.* of \d+>/g)
  expect(told).toEqual(Array(files).fill(`<n-plus-one proven ${LOOP} of 6>`))
  expect(stderr).not.toContain('soft')
}

describe.skipIf(!hasLoaders)('Vitest', () => {
  const pools = ['threads', 'forks', 'vmThreads', 'vmForks']
  describe.each(['vitest', 'vitest-3'])('%s', (vitest) => {
    test.each(pools)('%s: profile() alone', async (pool) => {
      project.write('vitest/vitest.config.mjs', 'export default { test: { maxWorkers: 1 } }')
      await run(pool)
    })

    test.each(pools)('%s: setupFiles', async (pool) => {
      project.write('vitest/vitest.config.mjs', `export default { test: { setupFiles: ['nonplus/register'] } }`)
      const { stderr } = await run(pool)
      expect(stderr.match(/^error n-plus-one \(proven\) /gm)).toHaveLength(2)
    })

    test.each(['threads', 'forks'])('%s: execArgv', async (pool) => {
      const execArgv = ['--import', 'nonplus/register']
      const config = { test: { execArgv, poolOptions: { threads: { execArgv }, forks: { execArgv } } } }
      project.write('vitest/vitest.config.mjs', `export default ${JSON.stringify(config)}`)
      const { stderr } = await run(pool)
      expect(stderr.match(/^error n-plus-one \(proven\) /gm)).toHaveLength(2)
    })

    async function run(pool: string): Promise<Outcome> {
      const command = ['node', loaderFile(vitest, 'vitest.mjs'), 'run', '--globals', `--pool=${pool}`]
      const env = { CI: '1', NO_COLOR: '1' }
      const outcome = await project.start(node, command, { cwd: 'vitest', env }).outcome
      expectFound(outcome, 2)
      return outcome
    }
  })
})

const [node] = nodeVersions as [NodeVersion]

describe.skipIf(!hasLoaders)('Jest', () => {
  const transforms: [name: string, transform: string][] = [
    ['babel-jest', "'babel-jest'"],
    ['ts-jest', "['ts-jest', { diagnostics: false }]"],
    ['@swc/jest', "'@swc/jest'"],
  ]
  describe.each(['jest', 'jest-29'])('%s', (jest) => {
    test.each(
      transforms.flatMap(([name, transform]) => [true, false].map((setup) => [name, setup, transform] as const)),
    )(
      '%s, setupFiles: %s: two files in one process, each finding once and at its line',
      async (name, setup, transform) => {
        const file = `${name.replace('/', '-')}-${setup}.config.cjs`
        const setupFiles = setup ? "setupFiles: ['nonplus/register'], " : ''
        project.write(
          `jest/${file}`,
          `module.exports = { ${setupFiles}watchman: false, transform: { '\\\\.ts$': ${transform} } }`,
        )
        const command = ['node', loaderFile(jest, 'bin/jest.js'), '--runInBand', '--config', file]
        const outcome = await project.start(node, command, { cwd: 'jest', env: { NO_COLOR: '1' } }).outcome
        expectFound(outcome, 2)
        const printed = outcome.stderr.match(/^error n-plus-one \(proven\) /gm) ?? []
        expect(printed).toHaveLength(setup ? 2 : 0)
      },
    )
  })
})

describe.skipIf(!hasLoaders).each(nodeVersions)('Node $version', (version) => {
  test.each([
    ['profile() alone', []],
    ['preloaded', ['--require', 'nonplus/register']],
  ])('mocha, %s', async (_what, flags) => {
    const command = ['node', '../node_modules/mocha/bin/mocha.js', '--require', 'tsx/cjs', ...flags, 'one.test.ts']
    expectFound(await project.start(version, command, { cwd: 'mocha' }).outcome, 1)
  })

  test.each([
    ['profile() alone', []],
    ['preloaded', ['--import', 'nonplus/register']],
  ])('node:test, %s', async (_what, flags) => {
    const command = ['node', ...flags, '--import', 'tsx', '--test', 'one.test.ts', 'two.test.ts']
    expectFound(await project.start(version, command, { cwd: 'node' }).outcome, 2)
  })
})
