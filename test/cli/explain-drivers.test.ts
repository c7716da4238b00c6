import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NeonServer } from '../neon-server.ts'
import { nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

const native = join(import.meta.dirname, '../native-sqlite/node_modules')

let project: Project
let neon: NeonServer

beforeAll(async () => {
  project = await Project.create()
  for (const name of ['@electric-sql', '@neondatabase', '@libsql', 'libsql', 'ws']) project.link(name)
  project.link('better-sqlite3', join(native, 'better-sqlite3'))
  neon = await NeonServer.start(project.databaseUrl)
})

afterAll(async () => {
  await neon.stop()
  project.remove()
})

const drivers: [name: string, engine: string, versions: string[]][] = [
  ['pglite', 'postgres', ['20', '24']],
  ['better-sqlite3', 'sqlite', ['20']],
  ['node:sqlite', 'sqlite', ['22', '24']],
  ['libsql', 'sqlite', ['20', '24']],
  ['neon', 'postgres', ['20']],
]

describe.each(nodeVersions)('Node $version', (node) => {
  const [major = ''] = node.version.split('.')

  test.each(drivers.filter(([, , versions]) => versions.includes(major)))(
    'the plan, the missing index and its line, through %s',
    async (name, engine) => {
      const file = `${name.replace(':', '-')}-${major}`
      const { end, stdout, stderr } = await project.run(
        node,
        [
          '--explain',
          '--reporter',
          `json=${file}.json`,
          '--',
          'node',
          '--no-warnings',
          'own-driver.mjs',
          name,
          `${file}.db`,
        ],
        { env: { NEON_PROXY: `http://${neon.host}` } },
      )
      expect({ end, stdout, stderr }).toMatchObject({ end: 0, stdout: '10\n' })
      const report = project.readReport(`${file}.json`)
      const found = report.plans?.filter(({ summary }) => summary === 'SELECT orders') ?? []
      expect(found.map(({ plan }) => `${plan.engine} ${plan.root.op}`)).toEqual([`${engine} seq-scan`])
      const [index] = report.findings.filter(({ kind }) => kind === 'missing-index')
      expect(index).toMatchObject({ plan: { table: 'orders', columns: ['customer_id'] } })
      expect(index?.callSite?.file).toBe('own-driver.mjs')
      expect(report.coverage.warnings.filter((text) => text.includes('inside nonplus'))).toEqual([])
      expect(stderr + JSON.stringify(report)).not.toMatch(/private note/)
    },
    120_000,
  )
})
