import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from '../cli/project.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'

const modules = join(import.meta.dirname, '../../node_modules')

/** Sends three queries by postgres.js, and loads the other drivers, which are slow to start or have no server here. */
const PROGRAM = `
const sql = postgres(process.env.DATABASE_URL)
const run = async () => {
  const posts = await sql\`select author_id from posts limit 3\`
  for (const post of posts) await sql\`select name from authors where id = \${post.author_id}\`
}
profile('loop', run).then(({ report }) => {
  const drivers = report.coverage.drivers.map(({ name, version }) => name + ' ' + version)
  const { callSite, count } = report.findings[0] ?? {}
  const methods = [PGlite.prototype.query, VercelClient.prototype.query, Client.prototype.query, createClient({ url: ':memory:' }).execute]
  const hooked = methods.every((method) => Symbol.for('nonplus.original') in method)
  console.log(JSON.stringify({ hooked, drivers: drivers.sort(), count, file: callSite?.file.split('/').at(-1), failures: report.coverage.warnings }))
  process.exit()
})
`

const FORMS: Record<string, string> = {
  'import.mjs': `import { profile } from 'nonplus'
import postgres from 'postgres'
import { PGlite } from '@electric-sql/pglite'
import { VercelClient } from '@vercel/postgres'
import { Client } from '@neondatabase/serverless'
import { createClient } from '@libsql/client'
${PROGRAM}`,
  'dynamic.mjs': `import { createProfiler, profile } from 'nonplus'
createProfiler()
const { default: postgres } = await import('postgres')
const { PGlite } = await import('@electric-sql/pglite')
const { VercelClient } = await import('@vercel/postgres')
const { Client } = await import('@neondatabase/serverless')
const { createClient } = await import('@libsql/client')
${PROGRAM}`,
  'require.cjs': `const { profile } = require('nonplus')
const postgres = require('postgres')
const { PGlite } = require('@electric-sql/pglite')
const { VercelClient } = require('@vercel/postgres')
const { Client } = require('@neondatabase/serverless')
const { createClient } = require('@libsql/client')
${PROGRAM}`,
}

const DRIVERS = [
  '@electric-sql/pglite 0.5.16',
  '@libsql/client 0.18.0',
  '@neondatabase/serverless 0.9.5',
  '@neondatabase/serverless 1.2.0',
  'libsql 0.5.29',
  'postgres 3.4.9',
]

let project: Project

beforeAll(async () => {
  project = await Project.create()
  for (const [file, text] of Object.entries(FORMS)) project.write(file, text)
  for (const name of [
    'postgres',
    '@electric-sql/pglite',
    '@vercel/postgres',
    '@neondatabase/serverless',
    '@libsql/client',
  ]) {
    project.link(name)
  }
})

afterAll(() => project.remove())

async function outputOf(node: NodeVersion, args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await project.start(node, ['node', ...args]).outcome
  return stdout === '' ? { stderr } : JSON.parse(stdout)
}

describe.each(nodeVersions)('Node $version', (node) => {
  test.each(Object.keys(FORMS))('%s, preloaded: every copy is hooked, each query is seen once', async (file) => {
    for (const preload of [
      ['--import', 'nonplus/register'],
      ['--require', 'nonplus/register'],
    ]) {
      expect(await outputOf(node, [...preload, file])).toEqual({
        hooked: true,
        drivers: DRIVERS,
        count: 3,
        file,
        failures: [],
      })
    }
  })

  test.each(Object.keys(FORMS))(
    '%s, with a profiler only: the same, and what was not used is not told of',
    async (file) => {
      // a `require` after nonplus is seen; of what is imported before it there is no list
      const told = file === 'require.cjs' ? DRIVERS : ['postgres 3.4.9']
      const output = (await outputOf(node, [file])) as { drivers: string[] }
      // a client in memory is one that was used, by an ES module or by what it requires
      const drivers = output.drivers.filter((name) => told.includes(name) || !name.includes('libsql'))
      expect({ ...output, drivers }).toEqual({ hooked: true, drivers: told, count: 3, file, failures: [] })
    },
  )

  test('through tsx', async () => {
    const args = ['--import', 'nonplus/register', '--import', 'tsx', 'import.mjs']
    expect(await outputOf(node, args)).toMatchObject({ count: 3, file: 'import.mjs' })
  })

  test('a second copy of a driver is hooked beside the first', async () => {
    const copy = project.path('packages/inner/node_modules/postgres')
    cpSync(join(modules, 'postgres'), copy, { recursive: true })
    project.write(
      'copies.mjs',
      FORMS['import.mjs']?.replace("from 'postgres'", "from './packages/inner/node_modules/postgres/src/index.js'") ??
        '',
    )
    expect(await outputOf(node, ['--import', 'nonplus/register', 'copies.mjs'])).toMatchObject({ count: 3 })
  })
})
