import { beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { loadNativeSqlite } from './native-sqlite.ts'
import { addressesOf, here, lineOf, record, withDatabaseFile } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: the driver has no types of its own
type Any = any

const TEXT = 'select * from authors where id = ?'

function seed(Database: Any): Any {
  const db = new Database(':memory:')
  db.exec('create table authors (id integer primary key, name text)')
  db.exec('create table posts (id integer primary key, author_id integer, title text)')
  const author = db.prepare('insert into authors values (?, ?)')
  const post = db.prepare('insert into posts values (?, ?, ?)')
  for (let id = 1; id <= 20; id++) {
    author.run(id, `author ${id}`)
    post.run(100 + id, id, `post ${id}`)
  }
  return db
}

// the copies are compiled for the Node that installs them; 13 is for Node 22 and later, and brings its binaries
const names = process.versions.node.startsWith('20.') ? ['better-sqlite3', 'better-sqlite3-11'] : ['better-sqlite3-13']

for (const name of names) {
  const Database = loadNativeSqlite<Any>(name)
  describe.skipIf(Database === undefined)(name, () => describeBetterSqlite3(Database, name))
}

function describeBetterSqlite3(Database: Any, name: string): void {
  if (Database === undefined) return
  // prepared before nonplus comes
  const early = new Database(':memory:').prepare('select 1 as early')
  beforeAll(() => void instrument(Database))
  const db = seed(Database)
  const prepared = db.prepare(TEXT)
  const named = { text: 'select * from authors where id = @id', parameters: [{ id: 3 }] }

  describeDriver({
    name,
    hasPool: false,
    forms: [
      ['all', () => db.prepare(TEXT).all(3)],
      ['get', () => db.prepare(TEXT).get(3)],
      ['iterate', () => [...db.prepare(TEXT).iterate(3)]],
      ['all, prepared before', () => prepared.all(3)],
      ['all, values in an array', () => prepared.all([3])],
      ['all, named', () => db.prepare(named.text).all({ id: 3 }), named],
      ['all, bound before', () => db.prepare(TEXT).bind(3).all()],
      ['all, bound by name before', () => db.prepare(named.text).bind({ id: 3 }).all(), named],
      ['all, pluck', () => db.prepare(TEXT).pluck().all(3)],
      ['get, raw', () => db.prepare(TEXT).raw().get(3)],
      ['get, expand', () => db.prepare(TEXT).expand().get(3)],
      ['get, big integers', () => db.prepare(TEXT).safeIntegers().get(3)],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      ['constraint', () => db.prepare('insert into authors values (?, ?)').run(1, 'x'), 'SQLITE_CONSTRAINT_PRIMARYKEY'],
      ['exec', () => db.exec('select * from nothing_here'), 'SQLITE_ERROR'],
    ],
    pooled: [
      ['all', (request) => db.prepare('select ? as request').all(request)],
      ['iterate', (request) => [...db.prepare('select ? as request').iterate(request)]],
    ],
    hookAgain: () => instrument(Database),
  })

  test('what the application gets is what the driver gives', async () => {
    await record(() => {
      expect(prepared.get(1)).toEqual({ id: 1, name: 'author 1' })
      expect(prepared.get(0)).toBeUndefined()
      expect(prepared.all(1)).toEqual([{ id: 1, name: 'author 1' }])
      expect(db.exec('select 1')).toBe(db)
      expect(db.pragma('user_version', { simple: true })).toBe(0)
      expect(() => db.prepare('select * from nothing_here')).toThrow('no such table')
      expect(() => prepared.all(1, 2)).toThrow('Too many parameter values were provided')
      const info = db.prepare('update authors set name = name where id < 4').run()
      expect(info).toEqual({ changes: 3, lastInsertRowid: 120 })
      const iterator = prepared.iterate(1)
      expect(Object.keys(iterator)).toEqual(['statement'])
      expect(iterator[Symbol.iterator]()).toBe(iterator)
      expect(iterator.next()).toEqual({ value: { id: 1, name: 'author 1' }, done: false })
      expect(iterator.next()).toEqual({ value: undefined, done: true })
    })
  })

  test('a database is named by its file, without the folders', async () => {
    await withDatabaseFile(async (path) => {
      const file = new Database(path)
      const { started } = await record(() => [file.exec('create table t (id)'), file.prepare('select * from t').all()])
      expect(addressesOf(started)).toEqual([{ database: 'shop.db' }, { database: 'shop.db' }])
      file.close()
    })
  })

  test('a statement prepared before nonplus came is seen', async () => {
    const { started } = await record(() => early.get())
    expect(started.map(({ text }) => text)).toEqual(['select 1 as early'])
  })

  test('rows of changes, of exec, and of pragmas', async () => {
    const { ended } = await record(() => {
      db.prepare('update authors set name = name where id < ?').run(6)
      db.exec('select 1; select 2')
      db.pragma('table_info(authors)')
      db.prepare('delete from authors where id = 99').safeIntegers().run()
    })
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
      ['update authors set name = name where id < ?', 5],
      ['select 1; select 2', 0],
      ['PRAGMA table_info(authors)', 2],
      ['delete from authors where id = 99', 0],
    ])
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
    expect(ended[0]?.connection).toBeGreaterThan(0)
  })

  test('transactions are told, nested ones as savepoints, and rolled back ones', async () => {
    const { ended } = await record(() => {
      const inner = db.transaction(() => db.prepare('select 1').get())
      db.transaction(() => inner())()
      expect(() =>
        db.transaction(() => {
          throw new Error('back')
        })(),
      ).toThrow('back')
    })
    expect(ended.map(({ text, statement }) => [text.split(' ')[0], statement?.kind])).toEqual([
      ['BEGIN', 'transaction'],
      ['SAVEPOINT', 'transaction'],
      ['select', 'select'],
      ['RELEASE', 'transaction'],
      ['COMMIT', 'transaction'],
      ['BEGIN', 'transaction'],
      ['ROLLBACK', 'transaction'],
    ])
  })

  test('an iterator ends when it is through, when it is left, and when it throws', async () => {
    db.function('fail_at', (id: number, at: number) => {
      if (id === at) throw new Error(`at ${at}`)
      return id
    })
    const all = 'select id from authors order by id'
    const { ended } = await record(() => {
      for (const _ of db.prepare(all).iterate());
      for (const { id } of db.prepare(all).iterate()) if (id === 5) break
      expect(() => {
        for (const _ of db.prepare('select fail_at(id, 4) from authors').iterate());
      }).toThrow('at 4')
      expect(() => {
        for (const _ of db.prepare(all).iterate()) throw new Error('of the loop')
      }).toThrow('of the loop')
    })
    expect(ended.map(({ rows, error, isStreamed }) => [rows, (error as Error)?.message, isStreamed])).toEqual([
      [20, undefined, true],
      [5, undefined, true],
      [3, 'at 4', true],
      [1, undefined, true],
    ])
    expect(ended[0]?.result?.rows).toHaveLength(20)
    expect(db.prepare('select 1').get()).toEqual({ 1: 1 })
  })

  test.each([
    ['objects', (statement: Any) => statement],
    ['raw', (statement: Any) => statement.raw()],
    ['expand', (statement: Any) => statement.expand()],
    ['pluck', (statement: Any) => statement.pluck()],
  ])('a loop over rows is proven: %s', async (mode, shape) => {
    const authorOf = (row: Any): number =>
      mode === 'raw' ? row[0] : mode === 'expand' ? row.posts.author_id : (row.author_id ?? row)
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

  test('the order of named and positional values does not matter', async () => {
    const { report } = await createProfiler().profile('named', () => {
      const posts = db.prepare('select author_id from posts where id < 104').all()
      for (const { author_id } of posts) {
        db.prepare('select * from authors where name <> @name and id = ?').get({ name: 'nobody' }, author_id)
      }
    })
    expect((report.findings as Any[]).map(({ parent }) => parent?.column)).toEqual(['author_id'])
  })

  test('the version is told, and taking the hooks out restores the driver', async () => {
    const [, major = '12'] = /-(\d+)$/.exec(name) ?? []
    expect([...state.drivers.keys()].some((key) => key.startsWith(`better-sqlite3@${major}.`))).toBe(true)
    const hooked = db.exec
    unpatchAll()
    expect(db.exec).not.toBe(hooked)
    const { started } = await record(() => {
      prepared.get(1)
      db.exec('select 1')
      db.pragma('user_version')
      return [...db.prepare(TEXT).iterate(1)]
    })
    expect(started).toEqual([])
    instrument(Database)
    const { started: again } = await record(() => prepared.get(1))
    expect(again.map(facts)).toEqual([{ text: TEXT, parameters: [1], rows: 1, error: undefined }])
  })
}
