import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined

let project: Project
let url = ''

const SERVE = `
const { hostname: host, port, username: user, password, pathname } = new URL(process.env.MYSQL_URL)
const options = { host, port: Number(port), user, password, database: pathname.slice(1), allowPublicKeyRetrieval: true, connectionLimit: 2 }
const server = http.createServer(async (request, response) => {
  const posts = await ask('select id, author_id from posts')
  for (const post of posts) {
    await ask('select * from authors where id = ?', [post.author_id]) // the loop
  }
  response.end('ok')
})
server.listen(0, '127.0.0.1', async () => {
  await ask('select 1')
  await (await fetch('http://127.0.0.1:' + server.address().port + '/posts')).text()
  server.close()
  end()
})
`

const PROMISES = `
const pool = mariadb.createPool(options)
const ask = (text, values) => pool.query(text, values)
const end = () => pool.end()
`

const CALLBACKS = `
const pool = mariadb.createPool(options)
const ask = (text, values) => new Promise((resolve, reject) => {
  pool.query(text, values, (error, rows) => (error ? reject(error) : resolve(rows)))
})
const end = () => pool.end()
`

beforeAll(async () => {
  if (isMissing) return
  project = await Project.create()
  project.link('mariadb')
  url = await createMysqlDatabase('project')
  const { createConnection } = await import('mariadb')
  const { hostname: host, port, username: user, pathname } = new URL(url)
  const connection = await createConnection({
    host,
    port: Number(port),
    user,
    database: pathname.slice(1),
    allowPublicKeyRetrieval: true,
  })
  await connection.query('create table authors (id int primary key, name varchar(20))')
  await connection.query('create table posts (id int primary key, author_id int)')
  await connection.batch(
    'insert into authors values (?, ?)',
    Array.from({ length: 6 }, (_, id) => [101 + id, 'someone']),
  )
  await connection.batch(
    'insert into posts values (?, ?)',
    Array.from({ length: 6 }, (_, id) => [1 + id, 101 + id]),
  )
  await connection.end()
  const cjs = (entry: string, api: string) =>
    `const http = require('node:http')\nconst mariadb = require('${entry}')\n${SERVE}${api}`
  const esm = (entry: string, api: string) =>
    `import http from 'node:http'\nimport * as mariadb from '${entry}'\n${SERVE}${api}`
  project.write('promises.mjs', esm('mariadb', PROMISES))
  project.write('callbacks.mjs', esm('mariadb/callback', CALLBACKS))
  project.write('promises.cjs', cjs('mariadb', PROMISES))
  project.write('callbacks.cjs', cjs('mariadb/callback', CALLBACKS))
})

afterAll(() => {
  if (!isMissing) project.remove()
})

describe.skipIf(isMissing)(`mariadb in a program${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, () => {
  describe.each(nodeVersions)('Node $version', (node) => {
    test.each(['promises.cjs', 'callbacks.cjs', 'promises.mjs', 'callbacks.mjs'])(
      '%s is watched without a change',
      async (file) => {
        const args = ['--reporter', 'json=report.json', '--', 'node', file]
        const { end, stderr } = await project.run(node, args, { env: { MYSQL_URL: url } })
        expect({ end, stderr }).toMatchObject({ end: 0 })
        const { findings, coverage } = project.readReport('report.json')
        expect(findings.map(({ kind, confidence, count }) => [kind, confidence, count])).toEqual([
          ['n-plus-one', 'proven', 6],
        ])
        const frames = findings[0]?.frames.slice(0, 3) ?? []
        const places = frames.map(({ file, line }) => `${file}:${line}`)
        expect(places).toContain(project.place(file))
        expect(coverage.drivers.map(({ name }) => name)).toContain('mariadb')
      },
    )
  })
})
