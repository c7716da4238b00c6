import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Project } from './cli/project.ts'
import { createLoaderProject, hasLoaders, loaderFile } from './loaders/index.ts'
import { type LocalRegistry, startLocalRegistry } from './local-registry.ts'
import { type NodeVersion, nodeVersions } from './node-versions.ts'

const [first] = nodeVersions as [NodeVersion]
const modules = join(import.meta.dirname, '../node_modules')

let project: Project
let registry: LocalRegistry

beforeAll(async () => {
  if (!hasLoaders) return
  project = await createLoaderProject()
  registry = await startLocalRegistry(modules, [join(modules, 'pg-oldest'), project.path('node_modules/nonplus')])
  for (const folder of ['pnpm', 'pnpm/packages/old', 'pnp']) {
    mkdirSync(project.path(folder), { recursive: true })
    for (const file of ['posts.mjs', 'serve.mjs', 'esm.mjs', 'cjs.cjs']) {
      copyFileSync(project.path(file), project.path(folder, file))
    }
  }
  await Promise.all([installWithPnpm(), installWithYarn()])
})

afterAll(() => {
  registry?.close()
  project?.remove()
})

/** A workspace in which two packages have pg in two versions. */
async function installWithPnpm(): Promise<void> {
  const dependencies = { nonplus: '*', pg: '8.23.1', old: 'workspace:*' }
  project.write('pnpm/package.json', JSON.stringify({ private: true, type: 'module', dependencies }))
  project.write('pnpm/pnpm-workspace.yaml', 'packages:\n  - packages/*\n')
  project.write(
    'pnpm/packages/old/package.json',
    JSON.stringify({ name: 'old', version: '1.0.0', type: 'module', main: 'index.mjs', dependencies: { pg: '8.0.3' } }),
  )
  project.write(
    'pnpm/packages/old/index.mjs',
    `import pg from 'pg'
export { listPosts } from './posts.mjs'
export const openPool = () => new pg.Pool({ connectionString: process.env.DATABASE_URL })
`,
  )
  project.write(
    'pnpm/two.mjs',
    `import { listPosts as listOld, openPool } from 'old'
import pg from 'pg'
import { listPosts } from './posts.mjs'
import { serve, visit } from './serve.mjs'
const [pool, old] = [new pg.Pool({ connectionString: process.env.DATABASE_URL }), openPool()]
const { origin, server } = await serve(({ url }) => (url === '/old' ? listOld(old) : listPosts(pool)))
await visit(origin, '/posts')
await visit(origin, '/old')
server.close()
await Promise.all([pool.end(), old.end()])
`,
  )
  const flags = ['install', '--registry', registry.url, '--store-dir', project.path('pnpm-store')]
  await install([loaderFile('pnpm/bin/pnpm.cjs'), ...flags], 'pnpm')
}

async function installWithYarn(): Promise<void> {
  const dependencies = { nonplus: '*', pg: '8.23.1' }
  project.write('pnp/package.json', JSON.stringify({ private: true, type: 'module', dependencies }))
  project.write('pnp/yarn.lock', '')
  project.write(
    'pnp/.yarnrc.yml',
    `npmRegistryServer: '${registry.url}'
unsafeHttpWhitelist: ['127.0.0.1']
nodeLinker: pnp
enableTelemetry: false
enableGlobalCache: false
globalFolder: ./.yarn/global
npmMinimalAgeGate: 0
`,
  )
  await install([yarn, 'install'], 'pnp')
}

const yarn = loaderFile('@yarnpkg/cli-dist/bin/yarn.js')

async function install(command: readonly string[], cwd: string): Promise<void> {
  const { end, stdout, stderr } = await project.start(first, ['node', ...command], { cwd }).outcome
  expect({ end, stdout, stderr }).toMatchObject({ end: 0 })
}

describe.skipIf(!hasLoaders).each(nodeVersions)('Node $version', (node) => {
  test('pnpm: two copies of a driver are two drivers', async () => {
    const command = ['node', 'node_modules/nonplus/dist/cli/index.js', 'run', '--reporter', 'json=report.json', '--']
    const { end, stderr } = await project.start(node, [...command, 'node', 'two.mjs'], { cwd: 'pnpm' }).outcome
    expect({ end, stderr }).toMatchObject({ end: 0 })
    const { findings, coverage } = project.readReport('pnpm/report.json')
    expect(
      findings.map(({ confidence, callSite }) => `${confidence} ${callSite?.file}:${callSite?.line}`).sort(),
    ).toEqual(['packages/old/', ''].map((folder) => `proven ${folder}${project.place('posts.mjs')}`))
    expect(coverage).toMatchObject({ seen: 12, attributed: 12, withCallSite: 12, warnings: [] })
    const versions = coverage.drivers.filter(({ name }) => name === 'pg').map(({ version }) => version)
    expect(versions).toEqual(['8.0.3', '8.23.1'])
  })

  test.each([
    ['an ES module', ['node', '--import', 'nonplus/register', 'esm.mjs'], 'posts.mjs'],
    ['CommonJS', ['node', '--require', 'nonplus/register', 'cjs.cjs'], 'cjs.cjs'],
    ['nonplus run', ['nonplus', 'run', '--', 'node', 'esm.mjs'], 'posts.mjs'],
  ])('Yarn Plug’n’Play, %s', async (_what, command, file) => {
    const { end, stdout, stderr } = await project.start(node, ['node', yarn, ...command], { cwd: 'pnp' }).outcome
    expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: 'done\n' })
    expect(stderr).toMatch(new RegExp(`n-plus-one \\(proven\\)[\\s\\S]*?\\n {2}${project.place(file)}`))
    expect(stderr).toMatch(
      /^6 statements seen through pg 8\.23\.1 \(patch\), pg-pool 3\.\d+\.\d+ \(patch\), 6 in a scope/m,
    )
  })
})
