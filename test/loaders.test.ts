import { copyFileSync, mkdirSync } from 'node:fs'
import esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Project } from './cli/project.ts'
import { createLoaderProject, hasLoaders, loaderFile } from './loaders/index.ts'
import { type NodeVersion, nodeVersions } from './node-versions.ts'

let project: Project

beforeAll(async () => {
  if (!hasLoaders) return
  project = await createLoaderProject()
  makeTypeScript('ts-cjs', 'commonjs', 'commonjs')
  makeTypeScript('ts-esm', 'module', 'nodenext')
  await bundle()
})

afterAll(() => project?.remove())

function makeTypeScript(folder: string, type: string, module: string): void {
  const compilerOptions = { target: 'es2022', module, esModuleInterop: true, types: ['node'], sourceMap: true }
  project.write(`${folder}/package.json`, JSON.stringify({ type }))
  project.write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }))
  copyFileSync(project.path('typed.ts'), project.path(folder, 'typed.ts'))
}

// with the driver inside, which no hook can see being loaded
async function bundle(): Promise<void> {
  mkdirSync(project.path('bundled'))
  project.write(
    'bundled/app.mjs',
    `import { instrument } from 'nonplus'
import pg from 'pg'
import { listPosts } from '../posts.mjs'
import { serve, visit } from '../serve.mjs'
if (process.env.INSTRUMENT) instrument(pg)
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
serve(() => listPosts(pool)).then(async ({ origin, server }) => {
  await visit(origin, '/posts')
  server.close()
  await pool.end()
  console.log('done')
})
`,
  )
  await esbuild.build({
    entryPoints: [project.path('bundled/app.mjs')],
    outfile: project.path('bundled/app.cjs'),
    bundle: true,
    external: ['nonplus', 'pg-native'],
    format: 'cjs',
    platform: 'node',
    sourcemap: true,
    logLevel: 'error',
  })
}

/** What a program printed, of which the test knows what it must be. */
function essence(stderr: string): { places: string[]; seen: string | undefined } {
  const headline = /^\w+ n-plus-one \(proven\) (?!again)[\s\S]*?\n {2}(\S+?:\d+):\d+/gm
  const places = [...stderr.matchAll(headline)].map(([, place = '']) => place)
  return { places, seen: /^\d+ statements? seen through .*/ms.exec(stderr)?.[0].replaceAll(/\s+/g, ' ').trim() }
}

const SEEN = /^6 statements seen through pg \S+ \(patch\), pg-pool \S+ \(patch\), 6 in a scope, 6 with a call site\.$/

const tsNode = loaderFile('ts-node/dist/bin-transpile.js')

type Case = readonly [what: string, folder: string, args: string[]]

const loaders: Case[] = [
  ['tsx', 'ts-esm', ['--import', 'nonplus/register', '--import', 'tsx']],
  ['tsx before nonplus', 'ts-esm', ['--import', 'tsx', '--import', 'nonplus/register']],
  ['tsx, CommonJS', 'ts-cjs', ['--require', 'nonplus/register', '--require', 'tsx/cjs']],
  ['ts-node/register', 'ts-cjs', ['--require', 'nonplus/register', '--require', 'ts-node/register/transpile-only']],
  ['ts-node/register first', 'ts-cjs', ['-r', 'ts-node/register/transpile-only', '-r', 'nonplus/register']],
  ['the ts-node command', 'ts-cjs', ['--require', 'nonplus/register', tsNode]],
  ['ts-node/esm', 'ts-esm', ['--import', 'nonplus/register', '--loader', 'ts-node/esm/transpile-only']],
  ['@swc-node/register', 'ts-cjs', ['--require', 'nonplus/register', '--require', '@swc-node/register']],
  [
    '@swc-node/register/esm-register',
    'ts-esm',
    ['--import', 'nonplus/register', '--import', '@swc-node/register/esm-register'],
  ],
]

describe.skipIf(!hasLoaders).each(nodeVersions)('Node $version', (node) => {
  const [major] = node.version.split('.').map(Number) as [number]
  const own: Case[] =
    major < 22 ? [] : [['type stripping', 'ts-esm', ['--import', 'nonplus/register', ...strip(major)]]]

  test.each([...loaders, ...own])('%s: the finding is at its line of the source', async (_what, folder, args) => {
    const { end, stdout, stderr } = await project.start(node, ['node', ...args, 'typed.ts'], { cwd: folder }).outcome
    expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: 'done\n' })
    expect(essence(stderr)).toEqual({ places: [project.place('typed.ts')], seen: expect.stringMatching(SEEN) })
  })

  test.each([
    ['ts-node/register', ['node', '-r', 'ts-node/register/transpile-only', 'typed.ts'], 'ts-cjs'],
    ['ts-node', ['node', tsNode, 'typed.ts'], 'ts-cjs'],
    ['@swc-node/register', ['node', '-r', '@swc-node/register', 'typed.ts'], 'ts-cjs'],
    ['@swc-node ESM', ['node', '--import', '@swc-node/register/esm-register', 'typed.ts'], 'ts-esm'],
  ])('nonplus run leaves %s in charge', async (_what, command, cwd) => {
    const { end, stdout, stderr } = await project.run(node, ['--', ...command], { cwd })
    expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: 'done\n' })
    expect(essence(stderr)).toEqual({ places: [project.place('typed.ts')], seen: expect.stringMatching(SEEN) })
  })

  test('a bundle with its driver inside: instrument(driver) hooks it', async () => {
    const { end, stderr } = await project.startRegistered(node, ['bundled/app.cjs'], { env: { INSTRUMENT: '1' } })
      .outcome
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(essence(stderr).places).toEqual([project.place('posts.mjs')])
    expect(stderr).toMatch(/^6 statements seen through pg \S+ \(patch\)/m)
  })

  test('a bundle with its driver inside, not handed over: the report is no clean bill', async () => {
    const { end, stderr } = await project.startRegistered(node, ['bundled/app.cjs']).outcome
    expect(end).toBe(0)
    expect(stderr).toMatch(/^No statements were seen: nothing was judged\.$/m)
    expect(stderr).toMatch(/^No driver was hooked\.$/m)
  })

  test.each([
    ['--import=nonplus/register', '--import=nonplus/register'],
    ['--require=nonplus/register', '--require=nonplus/register'],
    ['a path with spaces', () => `--require "${project.path('node_modules/nonplus/dist/register.cjs')}"`],
  ])('NODE_OPTIONS: %s', async (_what, options) => {
    const NODE_OPTIONS = typeof options === 'string' ? options : options()
    const { end, stderr } = await project.start(node, ['node', 'esm.mjs'], { env: { NODE_OPTIONS } }).outcome
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(essence(stderr)).toEqual({ places: [project.place('posts.mjs')], seen: expect.stringMatching(SEEN) })
  })
})

function strip(major: number): string[] {
  return major < 24 ? ['--experimental-strip-types'] : []
}

const [node] = nodeVersions as [NodeVersion]

describe.skipIf(!hasLoaders)('PM2', () => {
  test.each(['fork', 'cluster'])('%s mode', async (mode) => {
    const home = project.path(`pm2-${mode}`)
    const env = { PM2_HOME: home, NODE_OPTIONS: '--require nonplus/register', NO_COLOR: '1' }
    const pm2 = (...args: string[]) => {
      return project.start(node, ['node', loaderFile('pm2/bin/pm2'), ...args], { env }).outcome
    }
    const instances = mode === 'cluster' ? ['-i', '2'] : []
    const logs = ['--output', project.path(`${mode}.out`), '--error', project.path(`${mode}.err`), '--merge-logs']
    try {
      const started = await pm2('start', 'esm.mjs', '--name', mode, '--no-autorestart', ...logs, ...instances)
      expect(started).toMatchObject({ end: 0 })
      const read = () => project.read(`${mode}.err`)
      const runs = mode === 'cluster' ? 2 : 1
      await expect.poll(() => essence(read()).places, { timeout: 20_000 }).toHaveLength(runs)
      expect(new Set(essence(read()).places)).toEqual(new Set([project.place('posts.mjs')]))
    } finally {
      await pm2('kill')
    }
  })
})
