import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statementEnd } from '../../src/instrument/channel.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import type { StatementMessage } from '../../src/instrument/message.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { ProcessScope } from '../../src/instrument/process-scope.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { startRecorder } from '../../src/recorder.ts'
import { createDatabase } from '../create-database.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { addressesOf, addressIn, here, lineOf, record } from './record.ts'

const url = await createDatabase('postgres_js')
instrument(postgres)

const sql = postgres(url, { max: 2, onnotice: () => {} })
const TEXT = 'select * from authors where id = $1'

// biome-ignore lint/suspicious/noExplicitAny: what a tracer hands around
type Any = any

beforeAll(async () => {
  await sql`create table authors (id int primary key, name text)`
  await sql`insert into authors select n, 'author ' || n from generate_series(1, 20) n`
  await sql`create table posts (id int primary key, author_id int)`
  await sql`insert into posts select n, n from generate_series(1, 12) n`
  await Promise.all([sql`select pg_sleep(0.05)`, sql`select pg_sleep(0.05)`])
})

afterAll(() => sql.end())

const byId = (id: number) => sql`select * from authors where id = ${id}`

describeDriver({
  name: 'postgres',
  forms: [
    ['template', async () => await byId(3)],
    ['template again, prepared', async () => await byId(3)],
    ['unsafe', async () => await sql.unsafe(TEXT, [3])],
    ['unsafe, prepared', async () => await sql.unsafe(TEXT, [3], { prepare: true })],
    ['values', async () => await byId(3).values()],
    ['raw', async () => await byId(3).raw()],
    ['then', () => new Promise((resolve, reject) => void byId(3).then(resolve, reject))],
    ['catch', async () => await byId(3).catch(() => [])],
    ['finally', async () => await byId(3).finally(() => {})],
    ['execute', async () => await byId(3).execute()],
    ['forEach', async () => await byId(3).forEach(() => {})],
    ['cursor', async () => await byId(3).cursor(10, () => {})],
    ['cursor, iterated', () => iterate(byId(3).cursor(10))],
    ['Promise.all', async () => await Promise.all([byId(3)])],
    ['reserve', async () => withReserved((reserved) => reserved`select * from authors where id = ${3}`)],
  ],
  expected: { text: TEXT, parameters: [3], rows: 1 },
  failures: [
    ['template', async () => await sql`select * from nothing_here`, '42P01'],
    ['unsafe', async () => await sql.unsafe('select * from nothing_here'), '42P01'],
    ['with a value', async () => await sql`select 1 / ${0}::int`, '22012'],
    ['in a cursor', () => iterate(sql`select * from nothing_here`.cursor(1)), '42P01'],
    ['undefined value', async () => await sql`select ${undefined as never}`, 'UNDEFINED_VALUE'],
  ],
  pooled: [
    ['template', async (request) => await sql`select ${request}::int as request`],
    ['unsafe', async (request) => await sql.unsafe('select $1::int as request', [request])],
    ['execute', async (request) => await sql`select ${request}::int as request`.execute()],
    ['reserve', (request) => withReserved((reserved) => reserved`select ${request}::int as request`)],
  ],
  hookAgain: () => instrument(sql),
})

async function withReserved<Result>(use: (reserved: postgres.ReservedSql) => PromiseLike<Result>): Promise<Result> {
  const reserved = await sql.reserve()
  try {
    return await use(reserved)
  } finally {
    reserved.release()
  }
}

async function iterate(cursor: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const rows of cursor) all.push(...rows)
  return all
}

async function textsOf(fn: () => Promise<unknown>): Promise<unknown[]> {
  const { ended } = await record(fn)
  return ended.map(({ text, parameters, rows }) => [text, parameters, rows])
}

describe('where statements go', () => {
  const contexts = {
    active: () => undefined,
    run: (_context: unknown, fn: Any, self: unknown, args: Any) => fn.apply(self, args),
  }

  async function addressesWith(instance: postgres.Sql): Promise<unknown[]> {
    state.contexts = contexts as typeof state.contexts
    try {
      const { started } = await record(async () => {
        await instance`select ${1}::int as one`
        await instance.unsafe('select $1::int as one', [1])
        await instance.begin(async (inside) => await inside`select ${2}::int as two`)
      })
      const addresses = addressesOf(started).map((address) => JSON.stringify(address))
      return [...new Set(addresses)].map((address) => JSON.parse(address))
    } finally {
      state.contexts = undefined
      await instance.end()
    }
  }

  test('is told to a tracer', async () => {
    expect(await addressesWith(postgres(url, { max: 1 }))).toEqual([addressIn(url)])
  })

  test('but for the host, where it may be one of several', async () => {
    const { port, host = '', database } = addressIn(url)
    const several = postgres(url, { max: 1, host: [host, host] as never, port: [port, port] as never })
    expect(await addressesWith(several)).toEqual([{ database }])
  })

  test('asks for nothing where nobody wants it', async () => {
    const instance = postgres(url, { max: 1 })
    const { started } = await record(async () => await instance`select 1 as one`)
    await instance.end()
    expect(addressesOf(started)).toEqual([undefined])
  })
})

describe('text as it is sent', () => {
  test('fragments are part of their query, not queries', async () => {
    const where = (id: number) => sql`where id = ${id}`
    expect(
      await textsOf(async () => await sql`select ${sql(['id', 'name'])} from ${sql('authors')} ${where(4)}`),
    ).toEqual([['select "id","name" from "authors" where id = $1', [4], 1]])
  })

  test('lists, dynamic inserts and updates', async () => {
    const rows = [
      { id: 101, name: 'a' },
      { id: 102, name: 'b' },
    ]
    expect(
      await textsOf(async () => {
        await sql`insert into authors ${sql(rows, 'id', 'name')}`
        await sql`update authors set ${sql({ name: 'c' })} where id in ${sql([101, 102])}`
        await sql`delete from authors where id > ${100}`
      }),
    ).toEqual([
      ['insert into authors ("id","name")values($1,$2),($3,$4)', [101, 'a', 102, 'b'], 2],
      ['update authors set "name"=$1 where id in ($2,$3)', ['c', 101, 102], 2],
      ['delete from authors where id > $1', [100], 2],
    ])
  })

  test('several statements in one text are one execution with the rows of all', async () => {
    expect(await textsOf(async () => await sql.unsafe('select 1; select * from authors where id < 4'))).toEqual([
      ['select 1; select * from authors where id < 4', undefined, 4],
    ])
    expect(await textsOf(async () => await sql`select 1 as one`.simple())).toEqual([['select 1 as one', undefined, 1]])
  })

  test('a query that is described, or made and never awaited', async () => {
    expect(
      await textsOf(async () => {
        byId(1)
        await byId(2).describe()
      }),
    ).toEqual([[TEXT, [2], 0]])
  })
})

describe('transactions', () => {
  test('begin, savepoints and commit are statements of their scope, on one connection', async () => {
    const { ended, scope } = await record(() =>
      sql.begin(async (tx) => {
        await tx`select ${1}::int`
        await tx.savepoint((inner) => inner`select ${2}::int`)
        await Promise.all([tx`select ${3}::int`, tx`select ${4}::int`])
      }),
    )
    expect(ended.map(({ text, parameters }) => [text.trim(), parameters?.[0]])).toEqual([
      ['begin', undefined],
      ['select $1::int', 1],
      ['savepoint "s0"', undefined],
      ['select $1::int', 2],
      ['select $1::int', 3],
      ['select $1::int', 4],
      ['commit', undefined],
    ])
    expect(ended.every((message) => message.scope === scope && message.callSite !== undefined)).toBe(true)
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
  })

  test('a failure rolls back, and the caller gets the error of the driver', async () => {
    const { ended } = await record(async () => {
      await expect(sql.begin((tx) => tx`select * from nothing_here`)).rejects.toMatchObject({ code: '42P01' })
    })
    expect(ended.map(({ text, error }) => [text.trim(), (error as { code?: string } | undefined)?.code])).toEqual([
      ['begin', undefined],
      ['select * from nothing_here', '42P01'],
      ['rollback', undefined],
    ])
  })
})

describe('cursors, streams, COPY', () => {
  test('a cursor is one execution, its callback runs in its scope', async () => {
    const scopes = new Set<unknown>()
    const { ended, scope } = await record(async () => {
      await sql`select * from authors order by id`.cursor(6, () => {
        scopes.add(currentScope())
      })
      expect(await iterate(sql`select * from authors order by id`.cursor(6))).toHaveLength(20)
      for await (const [row] of sql`select * from authors order by id`.cursor()) if (row?.id === 3) break
      await sql`select * from authors`.forEach(() => void scopes.add(currentScope()))
    })
    expect(ended.map(({ rows, isStreamed }) => [rows, isStreamed])).toEqual([
      [20, true],
      [20, true],
      [3, true],
      [20, true],
    ])
    expect([...scopes]).toEqual([scope])
    expect(ended[1]?.result?.rows).toHaveLength(20)
  })

  test('COPY to and from a stream is one execution each', async () => {
    const { ended, result } = await record(async () => {
      const out: Buffer[] = []
      for await (const chunk of await sql`copy (select id from authors where id < 4) to stdout`.readable())
        out.push(chunk)
      await pipeline(Readable.from(['201\tx\n', '202\ty\n']), await sql`copy authors from stdin`.writable())
      await sql`delete from authors where id > 200`
      return Buffer.concat(out).toString()
    })
    expect(result).toBe('1\n2\n3\n')
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
      ['copy (select id from authors where id < 4) to stdout', 3],
      ['copy authors from stdin', 2],
      ['delete from authors where id > 200', 2],
    ])
  })
})

describe('what it does of its own', () => {
  test('the types it asks for on a new connection are nobody’s; notifications are one statement', async () => {
    const own = postgres(url, { max: 1, onnotice: () => {} })
    const heard: string[] = []
    const texts = await textsOf(async () => {
      await own`select 1 as one`
      await own.listen('news', (payload) => void heard.push(payload))
      await own.notify('news', 'hello')
      await expect.poll(() => heard).toEqual(['hello'])
    })
    expect(texts).toEqual([
      ['select 1 as one', undefined, 1],
      ['listen "news"', undefined, 0],
      ['select pg_notify($1, $2)', ['news', 'hello'], 1],
    ])
    await own.end()
  })

  test('cancelled while it runs, before it is sent, and on a closed pool: each ends', async () => {
    const one = postgres(url, { max: 1 })
    await one`select 1`
    const { ended } = await record(async () => {
      const slow = one`select pg_sleep(5)`.execute()
      const second = one`select ${2}::int`.execute()
      await new Promise((resolve) => setTimeout(resolve, 50))
      slow.cancel()
      await expect(slow).rejects.toMatchObject({ code: '57014' })
      expect(await second).toHaveLength(1)
      await one.end()
      await expect(one`select ${3}::int`).rejects.toMatchObject({ code: 'CONNECTION_ENDED' })
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select pg_sleep(5)', parameters: undefined, rows: 0, error: '57014' },
      { text: 'select $1::int', parameters: [2], rows: 1, error: undefined },
      { text: 'select ?::int', parameters: undefined, rows: 0, error: 'CONNECTION_ENDED' },
    ])
  })

  test('transforms of columns, values and rows', async () => {
    const camel = postgres(url, { max: 1, transform: postgres.camel })
    const { ended, result } = await record(async () => await camel`select author_id from posts where id = ${5}`)
    expect(result[0]).toEqual({ authorId: 5 })
    const [message] = ended
    const [column] = message?.driver.columnsOf(message.result?.fields) ?? []
    expect(column).toEqual({ name: 'authorId', origin: expect.stringMatching(/^\d+\.2$/) })
    await camel.end()
  })
})

describe('what the caller observes is as without nonplus', () => {
  test('the query object, its result and an unhandled rejection', async () => {
    const seen: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push((reason as { code: string }).code))
    await record(async () => {
      const query = byId(1)
      expect(query.execute()).toBe(query)
      const result = await query
      expect([result.count, result.command, result.columns.length]).toEqual([1, 'SELECT', 2])
      expect(query.then(() => 1)).toBeInstanceOf(Promise)
      void sql`select * from nothing_here`.execute()
      void sql`select * from nothing_here`.then(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
    })
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(seen.sort()).toEqual(['42P01', '42P01'])
  })

  test('what is sent outside any scope is filed under the process, with its text and its end', async () => {
    state.processScope = new ProcessScope('all')
    const ended: StatementMessage[] = []
    const onEnd = (message: unknown) => ended.push(message as StatementMessage)
    startRecorder()
    statementEnd.subscribe(onEnd)
    const line = here(1)
    await sql`select * from authors where id = ${4}`
    statementEnd.unsubscribe(onEnd)
    state.processScope?.finish('signal')
    expect(ended.map(({ text, parameters, rows }) => [text, parameters, rows])).toEqual([[TEXT, [4], 1]])
    expect(ended.map(({ scope, callSite }) => [scope.isAmbient, lineOf(callSite)])).toEqual([[true, line]])
  })

  test('taking the hooks out, and hooking again', async () => {
    unpatchAll()
    expect((await record(async () => await byId(1))).started).toEqual([])
    instrument(sql)
    expect((await record(async () => await byId(1))).started).toHaveLength(1)
  })
})

describe('end to end', () => {
  test.each([
    ['one after the other', false],
    ['at once', true],
  ])('a loop, %s, is proven, with its line and its parent', async (_name, atOnce) => {
    let [loop, parent] = ['', '']
    const { report } = await createProfiler().profile('GET /posts', async () => {
      parent = here(1)
      const posts = await sql`select id, author_id from posts order by id`
      if (atOnce) {
        loop = here(1)
        await Promise.all(posts.map((post) => sql`select name from authors where id = ${post.author_id}`))
      } else {
        loop = here(1)
        for (const post of posts) await sql`select name from authors where id = ${post.author_id}`
      }
    })
    const [finding] = report.findings.filter(({ kind }) => kind === 'n-plus-one')
    const nPlusOne = finding as Extract<typeof finding, { kind: 'n-plus-one' }>
    expect(nPlusOne).toMatchObject({ confidence: 'proven', count: 12, parent: { column: 'author_id' } })
    expect(placeOf(nPlusOne.callSite)).toBe(loop)
    expect(placeOf(nPlusOne.parent?.callSite)).toBe(parent)
  })

  const placeOf = (frame: { file: string; line: number } | undefined) =>
    `${frame?.file.split('/').at(-1)}:${frame?.line}`
})

test('the line of each form of call', async () => {
  let line = ''
  const { started } = await record(async () => {
    line = here(1)
    await byIdThere()
  })
  expect(lineOf(started[0]?.callSite)).not.toBe(line)
  expect(started[0]?.callSite?.frames.map((frame) => frame.function)).toContain('byIdThere')
})

async function byIdThere(): Promise<unknown> {
  return await byId(5)
}
