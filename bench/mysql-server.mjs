import { createRequire } from 'node:module'
import { tsImport } from 'tsx/esm/api'

const mysql = createRequire(import.meta.url)('mysql2/promise')

const SCHEMA = 'nonplus_bench'

/**
 * The server named in NONPLUS_TEST_MYSQL_URL, or a private one of the MariaDB or MySQL that is installed, with the table
 * of its workload in a database of its own. Undefined where there is none.
 */
export async function openMysqlServer() {
  const given = process.env.NONPLUS_TEST_MYSQL_URL
  const server = given === undefined ? await startPrivate() : { url: given, stop: async () => {} }
  if (server === undefined) return undefined
  try {
    await createTable(server.url)
  } catch (error) {
    await server.stop()
    throw error
  }
  const url = new URL(server.url)
  url.pathname = `/${SCHEMA}`
  return {
    url: url.href,
    stop: async () => {
      if (given !== undefined) await withConnection(given, (connection) => connection.query(`drop database ${SCHEMA}`))
      await server.stop()
    },
  }
}

async function startPrivate() {
  const { findProgram, startPrivateServer } = await tsImport('../test/mysql-server.ts', import.meta.url)
  return findProgram('mariadbd') === undefined && findProgram('mysqld') === undefined ? undefined : startPrivateServer()
}

async function createTable(url) {
  await withConnection(url, async (connection) => {
    await connection.query(`drop database if exists ${SCHEMA}`)
    await connection.query(`create database ${SCHEMA}`)
    await connection.query(`create table ${SCHEMA}.items (id int primary key, name text not null)`)
    const rows = Array.from({ length: 10_000 }, (_, index) => [index + 1, `Item ${index + 1}`])
    await connection.query(`insert into ${SCHEMA}.items values ?`, [rows])
  })
}

async function withConnection(url, run) {
  const connection = await mysql.createConnection(url)
  try {
    return await run(connection)
  } finally {
    await connection.end()
  }
}
