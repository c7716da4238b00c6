import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * Makes an empty database on the PostgreSQL of this test run.
 *
 * @param name tells in the server's log whose it is; made unique by a suffix.
 * @returns its URL.
 */
export async function createDatabase(name: string): Promise<string> {
  const serverUrl = process.env.NONPLUS_TEST_POSTGRES_URL
  if (serverUrl === undefined) throw new Error('No PostgreSQL for this test: see the warning at the start of the run.')
  const database = `${name.toLowerCase().replaceAll(/\W+/g, '_').slice(0, 40)}_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(database)}`)
  } finally {
    await client.end()
  }
  const url = new URL(serverUrl)
  url.pathname = database
  return url.href
}
