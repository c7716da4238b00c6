import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { buildPreload } from './http-app.ts'

const POSTS = 12

let preload: string
let url: string
beforeAll(async () => {
  preload = await buildPreload('graphql')
  url = await createDatabase('graphql')
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`
    create table users (id int primary key, name text);
    create table posts (id int primary key, title text, author_id int, published boolean);
    insert into users select n + 100, 'user ' || n from generate_series(1, ${POSTS}) n;
    insert into posts select n, 'post ' || n, n + 100 from generate_series(1, ${POSTS}) n;
  `)
  await client.end()
})

interface Execution {
  readonly field?: string
  readonly place?: string
  readonly summary: string
}

interface Seen {
  readonly scope: { readonly name: string; readonly attributes: Record<string, unknown> }
  readonly executions: readonly Execution[]
  readonly findings: readonly { readonly kind: string; readonly title: string; readonly fields?: readonly string[] }[]
}

interface End {
  readonly counters: Readonly<Record<string, number>>
  readonly failures: readonly string[]
}

const folder = new URL('../apps/graphql/', import.meta.url)

/** One of the servers in test/apps/graphql, as a process of its own. */
class GraphqlApp {
  readonly seen: Seen[] = []
  readonly #process: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.#port = port
    child.on('message', (message: Partial<Seen>) => {
      if (message.scope !== undefined) this.seen.push(message as Seen)
    })
  }

  static async start(node: NodeVersion, app: string): Promise<GraphqlApp> {
    const child = fork(fileURLToPath(new URL('run.js', folder)), [fileURLToPath(new URL(app, folder))], {
      execPath: node.execPath,
      execArgv: ['--import', preload],
      env: { ...process.env, DATABASE_URL: url },
    })
    onTestFinished(() => void child.kill())
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${app} exited with ${code}`))),
    ])) as [{ port: number }]
    return new GraphqlApp(child, message.port)
  }

  async ask(query: string, operationName?: string): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName }),
    })
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown }
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data
  }

  async closed(count: number): Promise<readonly Seen[]> {
    while (this.seen.length < count) await once(this.#process, 'message')
    return this.seen
  }

  async stop(): Promise<End> {
    const end = once(this.#process, 'message') as Promise<[End]>
    this.#process.send('stop')
    return (await end)[0]
  }
}

/** `schema.js:40` of the line that has this text. */
function lineWith(text: string, file = 'schema.js'): string {
  const lines = readFileSync(new URL(file, folder), 'utf8').split('\n')
  return `${file}:${lines.findIndex((line) => line.includes(text)) + 1}`
}

const lines = {
  posts: lineWith("author_id from posts order by id'"),
  author: lineWith("'select id, name from users where id = $1'"),
  first: lineWith('order by id limit 1'),
  publish: lineWith('set published = true'),
  graphql: lineWith('await graphql(', 'plain-app.js'),
  load: lineWith('where id = any($1)'),
}

const operations = {
  posts: 'query Posts { posts { id title } }',
  authors: 'query PostsWithAuthors { posts { title author { name } } }',
  aliased: 'query Aliased { latest: posts { writer: author { name } } first { author { name } } }',
  loaded: 'query Loaded { posts { loadedAuthor { name } } }',
  built: 'query Built { posts { builtAuthor { name } } }',
  unnamed: '{ posts { id } }',
  publish: 'mutation Publish { publish }',
}

function executions(summary: string, field: string, place: string | undefined, count = POSTS): Execution[] {
  return Array.from({ length: count }, () => ({ field, place, summary }) as Execution)
}

const posts = (field = 'Query.posts') => executions('SELECT posts', field, lines.posts, 1)

const servers = ['apollo.js', 'yoga.js', 'mercurius.js', 'plain.js']

/** graphql-js 17 wants Node 22. */
const servers17 = ['../../graphql-17/plain.js', '../../graphql-17/required.cjs']

function appsOn({ version }: NodeVersion): string[] {
  return has17 && !version.startsWith('20.') ? [...servers, ...servers17] : servers
}

const has17 = existsSync(new URL('../graphql-17/node_modules/graphql/', import.meta.url))
if (!has17) process.stderr.write('\n!! graphql-js 17 is not tested: npm ci --prefix test/graphql-17\n\n')

describe.each(nodeVersions)('on Node $version', (node) => {
  test.each(appsOn(node))('%s: executions and findings name the field', async (app) => {
    const server = await GraphqlApp.start(node, app)
    const data = await server.ask(operations.authors)
    expect(data.posts).toHaveLength(POSTS)
    const [seen] = await server.closed(1)
    const { counters, failures } = await server.stop()

    expect(failures).toEqual([])
    expect(seen?.scope.name).toBe('POST /graphql query PostsWithAuthors')
    expect(seen?.scope.attributes).toMatchObject({
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'PostsWithAuthors',
    })
    expect(seen?.executions).toEqual([...posts(), ...executions('SELECT users', 'Query.posts[].author', lines.author)])
    expect(seen?.findings).toEqual([
      {
        kind: 'n-plus-one',
        title: `${POSTS} × SELECT users with ${POSTS} different keys in Query.posts[].author`,
        fields: ['Query.posts[].author'],
      },
    ])
    expect(counters).toMatchObject({
      seen: POSTS + 1,
      attributed: POSTS + 1,
      withCallSite: POSTS + 1,
      outside: 0,
      late: 0,
    })
  })

  test.each(appsOn(node))('%s: operations side by side on two connections stay apart', async (app) => {
    const server = await GraphqlApp.start(node, app)
    await server.ask(operations.unnamed)
    const sent = Object.entries(operations).flatMap((entry) => [entry, entry, entry])
    const answers = await Promise.all(sent.map(([, text]) => server.ask(text)))
    const closed = (await server.closed(sent.length + 1)).slice(1)
    const { counters, failures } = await server.stop()

    expect(failures).toEqual([])
    expect(answers.every((data) => Object.keys(data).length > 0)).toBe(true)
    for (const [name, expected] of Object.entries(expectations(app))) {
      const seen = closed.filter(({ scope }) => scope.name === name)
      expect(seen.map(({ executions }) => executions.filter(isOurs).map(keyOf).toSorted())).toEqual(
        Array(3).fill(expected.executions.map(keyOf).toSorted()),
      )
      expect(seen.map(({ findings }) => findings.map(({ fields }) => fields))).toEqual(Array(3).fill(expected.fields))
    }
    expect(closed).toHaveLength(sent.length)
    expect(counters).toMatchObject({ outside: 0, late: 0, failures: 0 })
    expect(counters.seen).toBe(counters.attributed)
  })
})

const returned = {
  posts: '{ posts { title } }',
  first: '{ first { title } }',
  total: '{ total }',
  author: '{ posts { author { name } } }',
  authors: '{ posts { authors { name } } }',
  rename: 'mutation { rename(id: 1) { title } }',
}

// Apollo awaits what a resolver returns, and no frame of the application is left where the ORM sends
describe.each(nodeVersions)('on Node $version', (node) => {
  test.each(['apollo-sequelize.js', 'apollo-typeorm.js'])('%s: what resolvers return has its line', async (app) => {
    const server = await GraphqlApp.start(node, app)
    const marked = (name: string): string => lineWith(`// @${name}`, app)
    for (const query of Object.values(returned)) await server.ask(query)
    const sent = Object.entries(returned).flatMap((entry) => [entry, entry, entry])
    await Promise.all(sent.map(([, query]) => server.ask(query)))
    const closed = await server.closed(sent.length + Object.keys(returned).length)
    const { counters, failures } = await server.stop()

    expect(failures).toEqual([])
    expect(counters.lostCallSites).toBe(0)
    const all = closed.flatMap(({ executions }) => executions).filter(isOurs)
    const placesOf = (field: string, summary: string): unknown[] => [
      ...new Set(all.filter((one) => one.field === field && one.summary === summary).map(({ place }) => place)),
    ]
    expect(placesOf('Query.posts', 'SELECT posts')).toEqual([marked('posts')])
    expect(placesOf('Query.first', 'SELECT posts')).toEqual([marked('first')])
    expect(placesOf('Query.total', 'SELECT posts')).toEqual([marked('total')])
    expect(placesOf('Query.posts[].author', 'SELECT users')).toEqual([marked('author')])
    expect(placesOf('Query.posts[].authors', 'SELECT users')).toEqual([marked('authors')])
    expect(placesOf('Mutation.rename', 'UPDATE posts')).toEqual([marked('rename')])
  })
})

/** Knex asks each new connection for the version of the server. */
function isOurs({ summary }: Execution): boolean {
  return summary !== 'SELECT'
}

function keyOf({ field, place, summary }: Execution): string {
  return `${summary} in ${field} at ${place}`
}

/** What each operation sends, by the name of its scope, and the fields of its findings. */
function expectations(app: string): Record<string, { executions: Execution[]; fields: string[][] }> {
  const first = executions('SELECT posts', 'Query.first', lines.first, 1)
  // a builder that a resolver returns is sent by the executor: its line is where that is awaited, if by the application
  const built = app === 'plain.js' ? lines.graphql : undefined
  return {
    'POST /graphql query Posts': { executions: posts(), fields: [] },
    'POST /graphql query PostsWithAuthors': {
      executions: [...posts(), ...executions('SELECT users', 'Query.posts[].author', lines.author)],
      fields: [['Query.posts[].author']],
    },
    'POST /graphql query Aliased': {
      executions: [
        ...posts('Query.latest'),
        ...executions('SELECT users', 'Query.latest[].writer', lines.author),
        ...first,
        ...executions('SELECT users', 'Query.first.author', lines.author, 1),
      ],
      fields: [['Query.first.author', 'Query.latest[].writer']],
    },
    'POST /graphql query Loaded': {
      executions: [...posts(), ...executions('SELECT users', 'Query.posts[].loadedAuthor', lines.load, 1)],
      fields: [],
    },
    'POST /graphql query Built': {
      executions: [...posts(), ...executions('SELECT users', 'Query.posts[].builtAuthor', built)],
      fields: [['Query.posts[].builtAuthor']],
    },
    'POST /graphql': { executions: posts(), fields: [] },
    'POST /graphql mutation Publish': {
      executions: executions('UPDATE posts', 'Mutation.publish', lines.publish, 1),
      fields: [],
    },
  }
}
