import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

let project: Project

beforeAll(async () => {
  project = await Project.create()
  project.link('signal-exit')
  const client = new pg.Client({ connectionString: project.databaseUrl })
  await client.connect()
  await client.query('create table orders (id int primary key, customer_id int not null, note text not null)')
  await client.end()
})

afterAll(() => project.remove())

describe.each(nodeVersions)('Node $version', (node) => {
  test.each([
    ['once', 2],
    ['again', 4],
    ['exit', 2],
    ['throw', 2],
    ['by hand', 3],
    ['signal-exit', 2],
    ['thread', 2],
    ['nothing', 0],
  ])('listeners of beforeExit hear it as often as without nonplus: %s', async (ending, explained) => {
    const alone = await project.start(node, ['node', 'before-exit.mjs', ending]).outcome
    const file = `end-${ending}.json`
    const args = ['--explain', '--reporter', `json=${file}`, '--', 'node', 'before-exit.mjs', ending]
    const watched = await project.run(node, args)
    expect({ end: watched.end, stdout: watched.stdout }).toEqual({ end: alone.end, stdout: alone.stdout })
    expect(alone.stdout).toContain('beforeExit 1')
    // and all that was sent was studied before they heard it, that of a listener before the next time
    expect(project.readReport(file).coverage.plans).toMatchObject({ explained, notExplained: [] })
  })
})
