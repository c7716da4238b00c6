import { randomBytes } from 'node:crypto'
import mysql from 'mysql2/promise'

/**
 * Makes an empty database on the MariaDB or MySQL of this test run; suites are to be skipped where there is none.
 *
 * @param name tells in the server's log whose it is; made unique by a suffix.
 * @param serverUrl of another server than that.
 * @returns its URL.
 */
export async function createMysqlDatabase(
  name: string,
  serverUrl: string | undefined = process.env.NONPLUS_TEST_MYSQL_URL,
): Promise<string> {
  if (serverUrl === undefined) throw new Error('No MariaDB for this test: see the warning at the start of the run.')
  const database = `${name.toLowerCase().replaceAll(/\W+/g, '_').slice(0, 40)}_${randomBytes(6).toString('hex')}`
  const connection = await mysql.createConnection({ uri: serverUrl })
  try {
    await connection.query(`create database ${mysql.escapeId(database)} character set utf8mb4`)
  } finally {
    await connection.end()
  }
  const url = new URL(serverUrl)
  url.pathname = database
  return url.href
}
