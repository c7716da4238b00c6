import { beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { addressesOf, here, lineOf, record, withDatabaseFile } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: its types are those of another version of Node
type Any = any

const TEXT = 'select * from authors where id = ?'

// runs here where Node has it, and in sqlite-on-node.test.ts on those of test/node-versions
const sqlite = process.getBuiltinModule('node:sqlite') as Any

function seed(): Any {
  const db = new sqlite.DatabaseSync(':memory:')
  const numbers = 'with n(i) as (select 1 union all select i + 1 from n where i < 20)'
  db.exec(
    `create table authors (id integer primary key, name text);
     create table posts (id integer primary key, author_id integer, title text);
     insert into authors ${numbers} select i, 'author ' || i from n;
     insert into posts ${numbers} select 100 + i, i, 'post ' || i from n;`,
  )
  return db
}

describe.skipIf(sqlite === undefined)(`node:sqlite on Node ${process.versions.node}`, () => {
  if (sqlite === undefined) return
  const db = seed()
  const prepared = db.prepare(TEXT)
  beforeAll(() => void instrument(sqlite))
  const named = { text: 'select * from authors where id = $id', parameters: [{ $id: 3 }] }
  const bare = { ...named, parameters: [{ id: 3 }] }
  const mixed = { text: 'select * from authors where id = ? and name <> :not', parameters: [3, { not: 'x' }] }
  const stores: [string, () => unknown][] =
    db.createTagStore === undefined
      ? []
      : [
          ['tag store: all', () => db.createTagStore().all`select * from authors where id = ${3}`],
          ['tag store: get', () => db.createTagStore().get`select * from authors where id = ${3}`],
          ['tag store: iterate', () => [...db.createTagStore().iterate`select * from authors where id = ${3}`]],
        ]

  describeDriver({
    name: 'node:sqlite',
    hasPool: false,
    forms: [
      ['all', () => db.prepare(TEXT).all(3)],
      ['get', () => db.prepare(TEXT).get(3)],
      ['iterate', () => [...db.prepare(TEXT).iterate(3)]],
      ['all, prepared before nonplus came', () => prepared.all(3)],
      ['all, named', () => db.prepare(named.text).all({ $id: 3 }), named],
      ['all, named without the mark', () => db.prepare(named.text).all({ id: 3 }), bare],
      ['get, named and by position', () => db.prepare(mixed.text).get({ not: 'x' }, 3), mixed],
      ['all, arrays', () => withArrays(db.prepare(TEXT)).all(3)],
      ...stores,
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      ['constraint', () => db.prepare('insert into authors values (?, ?)').run(1, 'x'), 'ERR_SQLITE_ERROR'],
      ['exec', () => db.exec('select * from nothing_here'), 'ERR_SQLITE_ERROR'],
    ],
    pooled: [
      ['all', (request) => db.prepare('select ? as request').all(request)],
      ['iterate', (request) => [...db.prepare('select ? as request').iterate(request)]],
    ],
    hookAgain: () => instrument(sqlite),
  })

  function withArrays(statement: Any): Any {
    statement.setReturnArrays(true)
    return statement
  }

  test('what the application gets is what the driver gives', async () => {
    await record(() => {
      expect({ ...prepared.get(1) }).toEqual({ id: 1, name: 'author 1' })
      expect(prepared.get(0)).toBeUndefined()
      expect(db.exec('select 1')).toBeUndefined()
      expect(db.prepare(TEXT)).toBeInstanceOf(sqlite.StatementSync)
      expect(() => db.prepare('select * from nothing_here')).toThrow('no such table')
      expect(db.prepare('update authors set name = name where id < 4').run()).toMatchObject({ changes: 3 })
      const iterator = prepared.iterate(1)
      expect(Object.keys(iterator)).toEqual([])
      expect(iterator.toArray().length).toBe(1)
    })
  })

  test('a database is named by its file, without the folders, where Node tells it', async () => {
    await withDatabaseFile(async (path) => {
      const file = new sqlite.DatabaseSync(path)
      const { started } = await record(() => [file.exec('create table t (id)'), file.prepare('select * from t').all()])
      const told = 'location' in file ? { database: 'shop.db' } : undefined
      expect(addressesOf(started)).toEqual([told, told])
      file.close()
    })
  })

  test('rows of changes, of transaction control, and of exec', async () => {
    const { ended } = await record(() => {
      db.exec('begin')
      db.prepare('update authors set name = name where id < ?').run(6)
      db.prepare('commit').run()
      const big = db.prepare('update authors set name = name where id < 3')
      big.setReadBigInts(true)
      big.run()
    })
    expect(ended.map(({ statement, rows }) => [statement?.kind, rows])).toEqual([
      ['transaction', 0],
      ['update', 5],
      ['transaction', 0],
      ['update', 2],
    ])
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
    expect(ended[0]?.connection).toBeGreaterThan(0)
  })

  test('an iterator ends when it is through, when it is left, and when it throws', async () => {
    db.function('fail_at', (id: number, at: number) => {
      if (id === at) throw new Error(`at ${at}`)
      return id
    })
    const { ended } = await record(() => {
      for (const _ of db.prepare('select id from authors').iterate());
      for (const { id } of db.prepare('select id from authors').iterate()) if (id === 5) break
      expect(() => {
        for (const _ of db.prepare('select fail_at(id, 4) from authors').iterate());
      }).toThrow('at 4')
    })
    expect(ended.map(({ rows, error, isStreamed }) => [rows, (error as Error)?.message, isStreamed])).toEqual([
      [20, undefined, true],
      [5, undefined, true],
      [3, 'at 4', true],
    ])
  })

  test.each([
    ['objects', (statement: Any) => statement, ({ author_id }: Any) => author_id],
    ['arrays', withArrays, ([id]: Any) => id],
  ])('a loop over rows is proven: %s', async (_mode, shape, authorOf) => {
    let line = ''
    const { report } = await createProfiler().profile('loop', () => {
      const posts = shape(db.prepare('select author_id, title from posts where id < 106')).all()
      line = here(1)
      for (const post of posts) prepared.get(authorOf(post))
    })
    expect(report.findings.map(({ kind, confidence, count }) => [kind, confidence, count])).toEqual([
      ['n-plus-one', 'proven', 5],
    ])
    const [finding] = report.findings as Any[]
    expect(lineOf({ frames: finding.frames, concurrent: false } as Any)).toBe(line)
    expect(finding.parent).toMatchObject({ column: 'author_id', rows: 5, coverage: 1 })
  })

  test.skipIf(db.createTagStore === undefined)(
    'statements of a tag store: changes, and a loop that is proven',
    async () => {
      const sql = db.createTagStore()
      const { report } = await createProfiler().profile('tags', () => {
        for (const { author_id } of sql.all`select author_id from posts where id < ${106}`) {
          sql.get`select * from authors where id = ${author_id}`
        }
      })
      expect((report.findings as Any[]).map(({ confidence, parent }) => [confidence, parent?.column])).toEqual([
        ['proven', 'author_id'],
      ])
      const { ended } = await record(() => sql.run`update authors set name = ${'x'} where id < ${3}`)
      expect(ended.map(({ text, parameters, rows }) => [text, parameters, rows])).toEqual([
        ['update authors set name = ? where id < ?', ['x', 3], 2],
      ])
    },
  )

  test('the version is that of Node, and taking the hooks out restores the driver', async () => {
    expect([...state.drivers.keys()]).toContain(`node:sqlite@${process.versions.node}`)
    const hooked = sqlite.StatementSync.prototype.get
    unpatchAll()
    expect(sqlite.StatementSync.prototype.get).not.toBe(hooked)
    expect((await record(() => prepared.get(1))).started).toEqual([])
    instrument(sqlite)
    const { started } = await record(() => prepared.get(1))
    expect(started.map(facts)).toEqual([{ text: TEXT, parameters: [1], rows: 1, error: undefined }])
  })
})
