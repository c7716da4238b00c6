import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { loadNativeSqlite } from '../instrument/native-sqlite.ts'
import { postgres15Server } from '../postgres-15-server.ts'
import type { Arena, Attempt } from './safety/arena.ts'
import { isMariadb, mysqlArena } from './safety/mysql-arena.ts'
import { attempts as mysqlAttempts } from './safety/mysql-attempts.ts'
import { postgresArena } from './safety/postgres-arena.ts'
import { attempts as postgresAttempts } from './safety/postgres-attempts.ts'
import { type SqliteModule, sqliteArena } from './safety/sqlite-arena.ts'
import { attempts as sqliteAttempts } from './safety/sqlite-attempts.ts'
import { TIMEOUT_MS, tryAttempt, tryByHand } from './safety/try-attempt.ts'

const PAGE = new URL('../../docs/explain-safety.md', import.meta.url)

/** Two timeouts of the server, for planning and for executing, and what a machine needs that has other things to do. */
const LONGEST_MS = TIMEOUT_MS * 2 + 2_500

/**
 * Tries to make nonplus write, lock or hang, on one server. What nonplus answers is held in the table of the page, beside
 * what an EXPLAIN by hand does to the same server: an attempt that is harmless by hand proves nothing.
 */
function describeSafety(name: string, attempts: readonly Attempt[], open: () => Promise<Arena>): void {
  describe(name, () => {
    let opened: Promise<Arena> | undefined
    const rows: string[] = []
    afterAll(async () => (await opened)?.close())

    for (const attempt of attempts) {
      test(attempt.name, async () => {
        opened ??= open()
        const arena = await opened
        const cells: string[] = []
        for (const mode of ['plan', 'analyze'] as const) {
          const tried = await tryAttempt(arena, attempt, mode)
          expect(tried.after).toBe(tried.before)
          expect(tried.held).toEqual([])
          expect(tried.elapsedMs).toBeLessThan(LONGEST_MS)
          const byHand = await tryByHand(arena, attempt, mode)
          cells.push(byHand, tried.outcome)
        }
        rows.push(`| ${attempt.name} | ${cells.join(' | ')} |`)
      })
    }

    test('is what the page says', () => {
      const head = [
        '| attempt | EXPLAIN by hand | nonplus | EXPLAIN ANALYZE by hand | nonplus, analyze |',
        '| --- | --- | --- | --- | --- |',
      ]
      expect(rows).toHaveLength(attempts.length)
      holdInPage(name, [...head, ...rows].join('\n'))
    })
  })
}

function holdInPage(name: string, table: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const block = new RegExp(`(<!-- safety: ${name} -->\n)[^]*?(\n<!-- end -->)`)
  if (process.env.UPDATE_GOLDEN)
    writeFileSync(
      PAGE,
      page.replace(block, (_, begin, end) => begin + table + end),
    )
  else expect(block.exec(page)?.[0]).toContain(`\n${table}\n`)
}

describeSafety('PostgreSQL 18', postgresAttempts, () => postgresArena(process.env.NONPLUS_TEST_POSTGRES_URL as string))

const postgres15 = await postgres15Server()
afterAll(() => postgres15?.stop())
describe.skipIf(postgres15 === undefined)('older', () => {
  describeSafety('PostgreSQL 15', postgresAttempts, () => postgresArena(postgres15?.url as string))
})

const mysqlUrl = process.env.NONPLUS_TEST_MYSQL_URL
const mariadbUrl = mysqlUrl !== undefined && (await isMariadb(mysqlUrl)) ? mysqlUrl : undefined
describe.skipIf(mariadbUrl === undefined)('MariaDB or MySQL', () => {
  describeSafety('MariaDB', mysqlAttempts, () => mysqlArena(mariadbUrl as string))
})

const mysql9Url = process.env.NONPLUS_TEST_MYSQL9_URL ?? (mariadbUrl === undefined ? mysqlUrl : undefined)
if (mysql9Url === undefined) {
  process.stderr.write(
    '\n!! No MySQL 9: its safety suite is SKIPPED. bash test/mysql-9.sh runs one; NONPLUS_TEST_MYSQL9_URL names it.\n\n',
  )
}
describe.skipIf(mysql9Url === undefined)('MySQL', () => {
  describeSafety('MySQL 9', mysqlAttempts, () => mysqlArena(mysql9Url as string))
})

const Database = loadNativeSqlite<SqliteModule>('better-sqlite3')
describe.skipIf(Database === undefined)('better-sqlite3', () => {
  describeSafety('SQLite', sqliteAttempts, () => sqliteArena(Database as SqliteModule))
})
