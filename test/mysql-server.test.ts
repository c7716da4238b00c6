import mysql from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { createMysqlDatabase } from './create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'

const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined

describe.skipIf(isMissing)(
  `the MariaDB or MySQL of this run${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`,
  () => {
    test('gives each suite a database of its own', async () => {
      const urls = await Promise.all([createMysqlDatabase('one'), createMysqlDatabase('one')])
      expect(new Set(urls).size).toBe(2)
      const connection = await mysql.createConnection({ uri: urls[0] as string })
      const [rows] = await connection.query('select database() as name')
      expect(rows).toEqual([{ name: new URL(urls[0] as string).pathname.slice(1) }])
      await connection.end()
    })
  },
)
