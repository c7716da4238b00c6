import mysql from 'mysql2/promise'
import { mysql2Connection } from '../../../src/explain/mysql2-connection.ts'
import type { Arena, Attempt } from './arena.ts'
import { SETUP } from './mysql-attempts.ts'

const HANG_MS = 800

export async function isMariadb(url: string): Promise<boolean> {
  const connection = await mysql.createConnection({ uri: url })
  const [rows] = await connection.query('select version() as version')
  await connection.end()
  return /mariadb/i.test((rows as { version: string }[])[0]?.version ?? '')
}

/** A database of its own on a server, with two more sessions: one that watches, and one that holds a row. */
export async function mysqlArena(serverUrl: string): Promise<Arena> {
  const name = `nonplus_safety_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  const eyes = await mysql.createConnection({ uri: serverUrl, multipleStatements: true })
  await eyes.query(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = name
  // the worst that a configuration can bring: two statements at once are allowed
  const client = await mysql.createConnection({ uri: url.href, multipleStatements: true })
  const holder = await mysql.createConnection({ uri: url.href })
  const side = await mysql2Connection(client)
  const { threadId } = client

  const setUp = async (): Promise<void> => {
    await holder.query('rollback')
    await eyes.query(`drop database ${name}; create database ${name}; use ${name}; set innodb_lock_wait_timeout = 1`)
    await client.changeUser({ database: name })
    await holder.query(`use ${name}`)
    for (const text of SETUP) await eyes.query(text)
    await holder.query('start transaction')
    await holder.query('select * from held where id = 1 for update')
  }
  await setUp()

  return {
    dialect: 'mysql',
    side,
    state: () => stateOf(eyes, name),
    held: () => heldBy(eyes, threadId),
    byHand: (attempt, mode) => byHand(url.href, eyes, attempt, mode, side.engine === 'mariadb'),
    reset: setUp,
    async close() {
      await side.close()
      await holder.end()
      await eyes.query(`drop database ${name}`)
      await eyes.end()
    },
  }
}

type Row = Record<string, unknown>

async function rowsOf(eyes: mysql.Connection, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const [rows] = await eyes.query(text, values as unknown[])
  return rows as Row[]
}

async function stateOf(eyes: mysql.Connection, name: string): Promise<string> {
  const tables = await rowsOf(
    eyes,
    "select table_name as name from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE' order by 1",
    [name],
  )
  const parts: string[] = []
  for (const { name: table } of tables) {
    parts.push(JSON.stringify(await rowsOf(eyes, `checksum table \`${table}\``)))
  }
  const [auto] = await rowsOf(eyes, 'show create table audit')
  return [...parts, String(auto?.['Create Table'])].join('\n')
}

/** Rows that it has locked, asked by taking them; and names. */
async function heldBy(eyes: mysql.Connection, threadId: number): Promise<string> {
  const names = await rowsOf(
    eyes,
    'select is_used_lock(concat(database(), 1)) as a, is_used_lock(concat(database(), 2)) as b, is_used_lock(concat(database(), 3)) as c, is_used_lock(?) as d',
    ['x'],
  )
  const held = Object.values(names[0] ?? {}).some((id) => Number(id) === threadId) ? ['a name'] : []
  for (const text of ['select 1 from items for update nowait', 'select 1 from held where id = 2 for update nowait']) {
    try {
      await eyes.query(`start transaction; ${text}`)
    } catch {
      held.push(text.split(' ')[3] as string)
    }
    await eyes.query('rollback')
  }
  return held.join(', ')
}

async function byHand(
  url: string,
  eyes: mysql.Connection,
  attempt: Attempt,
  mode: 'plan' | 'analyze',
  isMariadb: boolean,
) {
  const client = await mysql.createConnection({ uri: url, multipleStatements: true })
  client.on('error', () => undefined)
  let hasHung = false
  const watchdog = setTimeout(() => {
    hasHung = true
    void eyes.query(`kill ${client.threadId}`).catch(() => undefined)
  }, HANG_MS)
  try {
    for (const text of attempt.session ?? []) await client.query(text)
    await client.query('start transaction')
    const command = mode === 'plan' ? 'explain' : isMariadb ? 'analyze' : 'explain analyze'
    await client.query(`${command} ${attempt.text}`, attempt.values as unknown[])
    // a plan that was cut comes without an error
    if (hasHung) return 'hangs'
    return (await heldBy(eyes, client.threadId)) === '' ? 'answers' : 'locks'
  } catch (error) {
    const { errno } = error as { errno?: number }
    return hasHung || errno === 1205 ? 'hangs' : 'fails'
  } finally {
    clearTimeout(watchdog)
    await client.query('commit').catch(() => undefined)
    client.destroy()
  }
}
