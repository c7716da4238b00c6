import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { loadNativeSqlite } from './native-sqlite.ts'
import { holdRandomMixes, type Use } from './random-mix.ts'
import { addressesOf, here, lineOf, record, withDatabaseFile } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: the driver has no types of its own
type Any = any

const TEXT = 'select * from authors where id = ?'

type Done = (error: unknown, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<Any> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

function seed(sqlite3: Any): Promise<Any> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(':memory:')
    const authors = 'with n(i) as (select 1 union all select i + 1 from n where i < 20)'
    db.exec(
      `create table authors (id integer primary key, name text);
       create table posts (id integer primary key, author_id integer, title text);
       insert into authors ${authors} select i, 'author ' || i from n;
       insert into posts ${authors} select 100 + i, i, 'post ' || i from n;`,
      (error: unknown) => (error ? reject(error) : resolve(db)),
    )
  })
}

const wrapper = loadNativeSqlite<Any>('sqlite')

for (const name of ['sqlite3', 'sqlite3-5']) {
  const sqlite3 = loadNativeSqlite<Any>(name)
  const db = sqlite3 === undefined ? undefined : await seed(sqlite3)
  describe.skipIf(sqlite3 === undefined)(name, () => describeSqlite3(sqlite3, db, name))
}

function describeSqlite3(sqlite3: Any, db: Any, name: string): void {
  if (sqlite3 === undefined) return
  let wrapped: Any
  let prepared: Any
  beforeAll(async () => {
    instrument(sqlite3)
    wrapped = await wrapper.open({ filename: ':memory:', driver: sqlite3.Database })
    await wrapped.exec("create table authors (id integer primary key, name text); insert into authors values (3, 'c')")
    prepared = db.prepare(TEXT)
  })
  afterAll(async () => {
    await called((done) => prepared.finalize(done))
    await wrapped.close()
  })
  const named = { text: 'select * from authors where id = $id', parameters: [{ $id: 3 }] }
  const rows = (statement: Any, ...values: unknown[]): Promise<unknown> => {
    return called((done) => statement.each(...values, () => {}, done))
  }

  describeDriver({
    name,
    hasPool: false,
    forms: [
      ['get', () => called((done) => db.get(TEXT, 3, done))],
      ['get, values in an array', () => called((done) => db.get(TEXT, [3], done))],
      ['get, named', () => called((done) => db.get(named.text, { $id: 3 }, done)), named],
      ['get, by number', () => called((done) => db.get(TEXT, { 1: 3 }, done)), { parameters: [{ 1: 3 }] }],
      ['all', () => called((done) => db.all(TEXT, 3, done))],
      ['map', () => called((done) => db.map(TEXT, 3, done))],
      ['each and its end', () => rows(db, TEXT, 3)],
      // nothing tells of its end
      ['each, only rows', () => called((done) => db.each(TEXT, 3, (error: unknown) => setTimeout(done, 100, error)))],
      ['prepared: get', () => called((done) => prepared.get(3, done))],
      ['prepared: all', () => called((done) => prepared.all([3], done))],
      ['prepared: each', () => rows(prepared, 3)],
      ['prepared: values of the call before', () => called((done) => prepared.all(done))],
      ['prepared and bound', () => called((done) => db.prepare(TEXT, 3).all(done).finalize())],
      ['prepared, bound later', () => called((done) => db.prepare(TEXT).bind(3).all(done).finalize())],
      ['sqlite: get', () => wrapped.get(TEXT, 3)],
      ['sqlite: all', () => wrapped.all(TEXT, [3])],
      ['sqlite: each', () => wrapped.each(TEXT, 3, () => {})],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      ['get, in preparing', () => called((done) => db.get('select * from nothing_here', done)), 'SQLITE_ERROR'],
      ['all, in preparing', () => called((done) => db.all('select * from nothing_here', done)), 'SQLITE_ERROR'],
      ['map, in preparing', () => called((done) => db.map('select * from nothing_here', done)), 'SQLITE_ERROR'],
      ['each, in preparing', () => rows(db, 'select * from nothing_here'), 'SQLITE_ERROR'],
      [
        'each without an end, in preparing',
        () => called((done) => db.each('select * from nothing_here', done)),
        'SQLITE_ERROR',
      ],
      [
        'run, constraint',
        () => called((done) => db.run('insert into authors values (1, ?)', 'x', done)),
        'SQLITE_CONSTRAINT',
      ],
      ['exec', () => called((done) => db.exec('select * from nothing_here', done)), 'SQLITE_ERROR'],
      ['sqlite: get', () => wrapped.get('select * from nothing_here'), 'SQLITE_ERROR'],
    ],
    pooled: [
      ['callback', (request) => called((done) => db.get('select ? as request', request, done))],
      ['each', (request) => rows(db, 'select ? as request', request)],
      ['sqlite', (request) => wrapped.get('select ? as request', request)],
    ],
    hookAgain: () => instrument(sqlite3),
  })

  test('lastID, changes and this are those of the driver', async () => {
    const insert = "insert into authors (name) values ('new')"
    const { ended } = await record(async () => {
      const told = await new Promise<Any>((resolve) => {
        expect(
          db.run(insert, function (this: Any, error: unknown) {
            resolve({
              error,
              lastID: this.lastID,
              changes: this.changes,
              isStatement: this instanceof sqlite3.Statement,
            })
          }),
        ).toBe(db)
      })
      expect(told).toEqual({ error: null, lastID: 21, changes: 1, isStatement: true })
      expect(await called((done) => db.get('select 1 where 0', done))).toBeUndefined()
      expect(await called((done) => db.all('select 1 as one', done))).toEqual([{ one: 1 }])
      expect(await called((done) => db.map('select id, name from authors where id < 3', done))).toEqual({
        1: 'author 1',
        2: 'author 2',
      })
      expect(await rows(db, 'select * from authors where id < 4')).toBe(3)
      await called((done) => db.run('delete from authors where id = 21', done))
      await called((done) => db.run('begin', done))
      await called((done) => db.run('rollback', done))
    })
    expect(ended.map(({ rows, statement }) => [statement?.kind, rows])).toEqual([
      ['insert', 1],
      ['select', 0],
      ['select', 1],
      ['select', 2],
      ['select', 3],
      ['delete', 1],
      ['transaction', 0],
      ['transaction', 0],
    ])
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
  })

  test('a database is named by its file, without the folders', async () => {
    await withDatabaseFile(async (path) => {
      for (const name of [path, `file:${path}?mode=rwc`]) {
        const flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE | sqlite3.OPEN_URI
        const file = new sqlite3.Database(name, flags)
        const { started } = await record(async () => {
          await called((done) => file.exec('create table if not exists t (id)', done))
          await called((done) => file.all('select * from t', done))
        })
        expect(addressesOf(started)).toEqual([{ database: 'shop.db' }, { database: 'shop.db' }])
        await called((done) => file.close(done))
      }
    })
  })

  test('callbacks run in the scope of their call', async () => {
    const { scope } = await record(async () => {
      const expected = currentScope()
      const seen: unknown[] = []
      const note = (done: Done) => (error: unknown) => {
        seen.push(currentScope())
        done(error)
      }
      await called((done) => db.get(TEXT, 1, note(done)))
      await called((done) => db.run('select 1', note(done)))
      await called((done) => db.exec('select 1', note(done)))
      await called((done) => db.each(TEXT, 1, () => seen.push(currentScope()), note(done)))
      await called((done) => {
        const statement = db.prepare(
          TEXT,
          note((error) => (error ? done(error) : statement.bind(1, note(done)))),
        )
      })
      await called((done) => db.wait(note(done)))
      expect(seen.length).toBe(8)
      expect(new Set(seen)).toEqual(new Set([expected]))
    })
    expect(scope.isClosed).toBe(false)
  })

  test('serialized and parallel calls', async () => {
    const { ended, scope } = await record(
      () =>
        new Promise<void>((resolve, reject) => {
          db.serialize(() => {
            db.run("update authors set name = 'x' where id = 1")
            db.parallelize(() => {
              db.get(TEXT, 1, () => {})
              db.get(TEXT, 2, () => {})
            })
            db.run("update authors set name = 'author 1' where id = 1", (error: unknown) =>
              error ? reject(error) : resolve(),
            )
          })
        }),
    )
    expect(ended.map(({ rows, error }) => [rows, error])).toEqual(Array(4).fill([1, undefined]))
    expect(
      ended.every((message) => message.scope === scope && lineOf(message.callSite)?.startsWith('sqlite3.test.ts')),
    ).toBe(true)
  })

  test('without a callback an error is emitted as the driver does, once', async () => {
    const errorsOf = async (act: (db: Any) => void): Promise<unknown[]> => {
      const seen: unknown[] = []
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.on('uncaughtException', (error) => seen.push((error as { code?: string }).code))
      act(db)
      await new Promise((resolve) => setTimeout(resolve, 50))
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
      return seen
    }
    const acts: ((db: Any) => void)[] = [
      (on) => on.run('select * from nothing_here'),
      (on) => on.run("insert into authors values (1, 'x')"),
      (on) => on.get('select * from nothing_here'),
      (on) => on.each('select * from nothing_here'),
    ]
    for (const act of acts) {
      const bare = await errorsOf(act)
      const { result, ended } = await record(() => errorsOf(act))
      expect(bare).toHaveLength(1)
      expect(result).toEqual(bare)
      expect(ended.map(({ error }) => (error as { code?: string }).code)).toEqual(bare)
    }
    const emitted: unknown[] = []
    db.once('error', (error: { code: string }) => emitted.push(error.code))
    const { ended } = await record(() => errorsOf(() => db.exec('select * from nothing_here')))
    expect(emitted).toEqual(['SQLITE_ERROR'])
    expect(ended).toHaveLength(1)
  })

  test('wrong use throws what the driver throws', async () => {
    const { started } = await record(() => {
      expect(() => db.exec()).toThrow('Argument 0 must be a string')
    })
    expect(started.every(({ hasEnded }) => hasEnded)).toBe(true)
  })

  test('a loop over rows is proven, with its line', async () => {
    let line = ''
    const { report } = await createProfiler().profile('loop', async () => {
      const posts = await called((done) => db.all('select author_id, title from posts where id < 106', done))
      line = here(2)
      for (const { author_id } of posts) {
        await called((done) => db.get(TEXT, author_id, done))
      }
    })
    expect(report.findings.map(({ kind, confidence, count }) => [kind, confidence, count])).toEqual([
      ['n-plus-one', 'proven', 5],
    ])
    const [finding] = report.findings as Any[]
    expect(lineOf({ frames: finding.frames, concurrent: false } as Any)).toBe(line)
    expect(finding.parent).toMatchObject({ column: 'author_id', rows: 5, coverage: 1 })
  })

  test.each<[string, string, (id: number) => unknown]>([
    ['$name', 'select * from authors where id = $id', (id) => ({ $id: id })],
    [':name', 'select * from authors where name <> ? and id = :id', (id) => ['nobody', id]],
    ['@name', 'select * from authors where @id = id', (id) => ({ '@id': id })],
    ['?1', 'select * from authors where id = ?2 and name <> ?1', (id) => ['nobody', id]],
    ['$1', 'select * from authors where name <> $2 and id = $1', (id) => ['nobody', id]],
    ['a number in an object', 'select * from authors where name <> ? and id = ?', (id) => ({ 2: id, 1: 'nobody' })],
  ])('a loop is proven with placeholders like %s', async (_name, text, valuesOf) => {
    const { report } = await createProfiler().profile('placeholders', async () => {
      const posts = await called((done) => db.all('select author_id from posts where id < 105', done))
      for (const { author_id } of posts) {
        const row = await called((done) => db.get(text, valuesOf(author_id), done))
        expect(row.id).toBe(author_id)
      }
    })
    expect((report.findings as Any[]).map(({ confidence, parent }) => [confidence, parent?.column])).toEqual([
      ['proven', 'author_id'],
    ])
  })

  test('random mixes in random numbers of scopes, on one connection', async () => {
    const uses: readonly Use[] = [
      { name: 'get', statements: 1, run: (marker) => called((done) => db.get('select ?', marker, done)) },
      {
        name: 'fails',
        statements: 1,
        run: (marker) => called((done) => db.get(`select ${marker} from x`, () => done(null))),
      },
      { name: 'each', statements: 1, run: (marker) => rows(db, 'select ? from authors', marker) },
      { name: 'sqlite', statements: 1, run: (marker) => wrapped.all('select ?', [marker]) },
      {
        name: 'callbacks in a chain',
        statements: 2,
        run: (marker) => called((done) => db.run(`select ${marker}`, () => db.all('select ?', marker, done))),
      },
      {
        name: 'prepared in a chain',
        statements: 1,
        run: (marker) =>
          called((done) => {
            const statement = db.prepare('select ?', () => statement.get(marker, () => statement.finalize(done)))
          }),
      },
      {
        name: 'together',
        statements: 2,
        run: (marker) => Promise.all([0, 1].map((n) => called((done) => db.get('select ?, ?', marker, n, done)))),
      },
    ]
    await holdRandomMixes(uses, 40)
  })

  test('the version is told, and taking the hooks out restores the driver', async () => {
    const version = name === 'sqlite3' ? /^sqlite3@6\./ : /^sqlite3@5\./
    expect([...state.drivers.keys()].some((key) => version.test(key))).toBe(true)
    const hooked = sqlite3.Statement.prototype.get
    unpatchAll()
    expect(sqlite3.Statement.prototype.get).not.toBe(hooked)
    const ask = (): Promise<unknown> => called((done) => db.get(TEXT, 1, done))
    expect((await record(ask)).started).toEqual([])
    instrument(sqlite3)
    expect((await record(ask)).started.map(facts)).toEqual([{ text: TEXT, parameters: [1], rows: 1, error: undefined }])
  })
}
