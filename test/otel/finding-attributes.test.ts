import knex from 'knex'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { profile } from '../../src/index.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { ReportScope } from '../../src/model/report.ts'
import { findingAttributes } from '../../src/otel/finding-attributes.ts'
import { createDatabase } from '../create-database.ts'

const connection = await createDatabase('finding_attributes')
instrument(pg)
const db = knex({ client: 'pg', connection, pool: { min: 0, max: 2 } })

beforeAll(async () => {
  await db.raw('create table authors (id int primary key, name text)')
  await db.raw('create table posts (id int primary key, author_id int)')
  await db.raw("insert into authors select n + 100, 'author ' || n from generate_series(1, 9) n")
  await db.raw('insert into posts select n, n + 100 from generate_series(1, 9) n')
})

afterAll(() => db.destroy())

async function loop(): Promise<{ finding: Finding; scope: ReportScope }> {
  const { report } = await profile('GET /posts', async () => {
    for (const post of await db('posts').select('*')) await db('authors').where({ id: post.author_id }).first()
  })
  const [finding, ...others] = report.findings
  expect(others).toEqual([])
  return { finding: finding as Finding, scope: report.scopes[0] as ReportScope }
}

test('an event tells the call of the ORM that is on the stack', async () => {
  const { finding, scope } = await loop()
  expect(findingAttributes(finding, scope, [])).toMatchObject({
    'nonplus.finding.kind': 'n-plus-one',
    'nonplus.finding.confidence': 'proven',
    'nonplus.finding.orm_call': ".whereIn('id', [...])",
    'nonplus.finding.parent.column': 'author_id',
    'code.file.path': expect.stringMatching(/finding-attributes\.test\.ts$/),
  })
})

test('the call of an ORM that sends its statements together, and GraphQL fields, are told where they are known', async () => {
  const { finding, scope } = await loop()
  const plain = Object.keys(findingAttributes(finding, scope, []))
  expect(plain).not.toContain('nonplus.finding.operation')
  expect(plain).not.toContain('nonplus.finding.fields')
  const known = { ...finding, operation: 'Author.findUnique', fields: ['Post.author', 'Post.editor'] }
  expect(findingAttributes(known, scope, ['0123456789abcdef'])).toMatchObject({
    'nonplus.finding.operation': 'Author.findUnique',
    'nonplus.finding.fields': ['Post.author', 'Post.editor'],
    'nonplus.finding.span_ids': ['0123456789abcdef'],
  })
})
