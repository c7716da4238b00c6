import pg from 'pg'
import QueryStream from 'pg-query-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProfiler, ignore, instrument, profile, runInScope } from '../src/index.ts'
import { state } from '../src/instrument/state.ts'
import type { Finding } from '../src/model/finding.ts'
import { createDatabase } from './create-database.ts'
import { here } from './instrument/record.ts'

const url = await createDatabase('profiler')
instrument(pg)

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 2 })
  await pool.query(`
    create table users (id bigint primary key, ref uuid default gen_random_uuid(), seen timestamptz, name text);
    insert into users (id, seen, name) select n, timestamptz '2026-01-01' + n * interval '1 hour', 'user ' || n from generate_series(1, 30) n;
    create table posts (id int primary key, author_id bigint references users, author_ref uuid, published timestamptz, title text);
    insert into posts select n, u.id, u.ref, u.seen, 'post ' || n from generate_series(1, 10) n join users u on u.id = 11 - n + 10;
    create table comments (post_id int, no int, user_id bigint, primary key (post_id, no));
    insert into comments select p, c, p + c from generate_series(1, 10) p, generate_series(1, 3) c;
    create table reactions (post_id int, no int, emoji text);
    insert into reactions select p, c, '+1' from generate_series(1, 10) p, generate_series(1, 3) c;
  `)
  await Promise.all([pool.query('select 1'), pool.query('select 1')])
})

afterAll(() => pool.end())

const USER = 'select * from users where id = $1'

/** What a finding says, in one line. */
function say(finding: Finding): string {
  const { kind, severity, confidence, count, statement, concurrent, callSite } = finding
  const from = finding.kind === 'n-plus-one' && finding.parent ? ` from ${finding.parent.column}` : ''
  const place = `${callSite?.file.split('/').at(-1)}:${callSite?.line}`
  return `${severity} ${confidence} ${kind} ${count} ${statement.tables[0]}${from}${concurrent ? ' concurrent' : ''} ${place}`
}

async function findingsOf(fn: () => Promise<unknown>): Promise<string[]> {
  const { report } = await profile('test', fn)
  return report.findings.map(say)
}

describe('N+1 on a real server', () => {
  test('sequential', async () => {
    let line = ''
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query('select * from posts order by id')
      for (const post of rows) {
        line = here(1)
        await pool.query(USER, [post.author_id])
      }
    })
    expect(findings).toEqual([`error proven n-plus-one 10 users from author_id ${line}`])
  })

  test('concurrent, through a pool of two', async () => {
    let line = ''
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query('select * from posts order by id')
      line = here(1)
      await Promise.all(rows.map((post) => pool.query(USER, [post.author_id])))
    })
    expect(findings).toEqual([`error proven n-plus-one 10 users from author_id concurrent ${line}`])
  })

  test('in a transaction on one client', async () => {
    const findings = await findingsOf(async () => {
      const client = await pool.connect()
      await client.query('begin')
      const { rows } = await client.query('select * from posts order by id')
      for (const post of rows) await client.query(USER, [post.author_id])
      await client.query('commit')
      client.release()
    })
    expect(findings).toEqual([
      expect.stringMatching(/^error proven n-plus-one 10 users from author_id profiler\.test\.ts:\d+$/),
    ])
  })

  test.each<[name: string, sql: string, column: string, child: string]>([
    ['uuid', 'select author_ref from posts', 'author_ref', 'select * from users where ref = $1'],
    ['timestamp as Date', 'select published from posts', 'published', 'select * from users where seen = $1'],
    ['bigint as text', 'select author_id from posts', 'author_id', USER],
    ['number as text', 'select id from posts', 'id', 'select * from comments where post_id = $1::text::int'],
  ])('keys as %s', async (_name, sql, column, child) => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query(sql)
      for (const row of rows) await pool.query(child, [row[column]])
    })
    expect(findings).toEqual([expect.stringContaining(`error proven n-plus-one 10 `)])
    expect(findings[0]).toContain(` from ${column} `)
  })

  test('rows as arrays, keys as literals', async () => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query({ text: 'select id, author_id from posts', rowMode: 'array' })
      for (const [, author] of rows as unknown as [number, string][]) {
        await pool.query(`select * from users where id = ${author}`)
      }
    })
    expect(findings).toEqual([expect.stringMatching(/^error proven n-plus-one 10 users from author_id /)])
  })

  test('composite keys', async () => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query('select post_id, no from comments where post_id < 4')
      for (const { post_id, no } of rows) {
        await pool.query('select * from reactions where post_id = $1 and no = $2', [post_id, no])
      }
    })
    expect(findings).toEqual([expect.stringMatching(/^error proven n-plus-one 9 reactions from post_id /)])
  })

  test('rows of a stream that is still running', async () => {
    const reader = await pool.connect()
    const findings = await findingsOf(async () => {
      const stream = reader.query(new QueryStream('select author_id from posts', [], { batchSize: 2 }))
      for await (const post of stream) await pool.query(USER, [post.author_id])
    })
    reader.release()
    expect(findings).toEqual([expect.stringMatching(/^error proven n-plus-one 10 users from author_id /)])
  })

  test('a loop in a loop, each level with its own line and parent', async () => {
    const { report } = await profile('feed', async () => {
      const { rows: posts } = await pool.query('select id from posts where id <= 4')
      for (const post of posts) {
        const { rows } = await pool.query('select no, user_id from comments where post_id = $1', [post.id])
        for (const comment of rows) await pool.query(USER, [comment.user_id])
      }
    })
    // the slower one comes first, whichever it is
    expect(
      report.findings
        .map(say)
        .map((text) => text.replace(/ profiler.*/, ''))
        .sort(),
    ).toEqual(['error proven n-plus-one 12 users from user_id', 'error proven n-plus-one 4 comments from id'])
    const inner = report.findings.find(({ count }) => count === 12)
    expect(inner?.kind === 'n-plus-one' && inner.parent?.parent?.column).toBe('id')
  })

  test('with stacks of repeats only, as in production, the loop still has its line', async () => {
    const { report } = await profile(
      'production',
      async () => {
        const { rows } = await pool.query('select * from posts order by id')
        for (const post of rows) await pool.query(USER, [post.author_id])
      },
      { callSites: 'repeated' },
    )
    expect(report.findings.map(say)).toEqual([
      expect.stringMatching(/^error proven n-plus-one 10 users from author_id profiler\.test\.ts:\d+$/),
    ])
  })

  test('with stacks of repeats only, a loop that begins after another one had its stacks is told apart', async () => {
    const lines = ['', '']
    const { report, trace } = await profile(
      'production',
      async () => {
        const { rows } = await pool.query('select * from posts order by id')
        const { rows: comments } = await pool.query('select distinct user_id from comments order by 1')
        for (const post of rows.slice(0, 8)) {
          lines[0] = here(1)
          await pool.query(USER, [post.author_id])
        }
        for (const comment of comments.slice(0, 10)) {
          lines[1] = here(1)
          await pool.query(USER, [comment.user_id])
        }
      },
      { callSites: 'repeated' },
    )
    const told = report.findings.map(say)
    for (const line of lines) expect(told.filter((text) => text.endsWith(line))).toHaveLength(1)
    // three alike are enough, then the powers of two
    const users = trace.statements.findIndex(({ tables }) => tables[0] === 'users')
    const taken = trace.executions.filter(({ statement, callSite }) => statement === users && callSite !== undefined)
    expect(taken).toHaveLength(5)
  })

  test('ids inside a JSON document and an array are sources too', async () => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query(
        "select json_build_object('author', json_build_object('author_id', author_id::int)) as doc from posts",
      )
      for (const { doc } of rows) await pool.query(USER, [doc.author.author_id])
      const { rows: lists } = await pool.query('select array_agg(post_id * 100000) as ids from comments')
      for (const id of new Set(lists[0].ids as number[]))
        await pool.query('select * from comments where post_id = $1', [id])
    })
    expect(findings.map((text) => text.replace(/ profiler.*/, '')).sort()).toEqual([
      'error proven n-plus-one 10 comments from ids',
      'error proven n-plus-one 10 users from doc',
    ])
  })

  test('the batched way has nothing to find', async () => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query('select * from posts order by id')
      await pool.query('select * from users where id = any($1)', [rows.map((row) => row.author_id)])
    })
    expect(findings).toEqual([])
  })

  test('one row of a list is a note', async () => {
    const findings = await findingsOf(async () => {
      const { rows } = await pool.query("select * from posts where title like '%10'")
      for (const post of rows) await pool.query(USER, [post.author_id])
    })
    expect(findings).toEqual([expect.stringMatching(/^info proven n-plus-one 1 users from author_id /)])
  })
})

describe('duplicates on a real server', () => {
  test('the same rows twice, and a re-read after a write', async () => {
    const read = () => pool.query('select * from posts where id = $1', [1])
    const duplicate = await findingsOf(async () => {
      await read()
      await read()
    })
    const reread = await findingsOf(async () => {
      await read()
      await pool.query("update posts set title = 'new' where id = 1")
      await read()
    })
    expect(duplicate).toEqual([expect.stringMatching(/^warning proven duplicate-query 2 posts /)])
    expect(reread).toEqual([])
  })
})

describe('profile', () => {
  test('resolves with the result, the report of this scope alone, and its trace', async () => {
    const [first] = await Promise.all([
      profile('first', async () => (await pool.query('select 1 as one')).rows[0].one),
      profile('second', () => pool.query('select 2 as two')),
    ])
    expect(first.result).toBe(1)
    expect(first.report.scopes.map(({ name, kind, queries }) => [name, kind, queries.count])).toEqual([
      ['first', 'block', 1],
    ])
    expect(first.report.coverage).toMatchObject({ seen: 1, attributed: 1, withCallSite: 1 })
    expect(first.trace.texts).toEqual(['select ? as one'])
    expect(JSON.parse(JSON.stringify(first.trace))).toEqual(first.trace)
  })

  test('holds no value of a parameter or a row', async () => {
    const { trace, report } = await profile('secret', () =>
      pool.query("select $1::text as token, 'plain-secret' as other", ['bound-secret']),
    )
    expect(JSON.stringify({ trace, report })).not.toMatch(/plain-secret|bound-secret/)
  })

  test('throws what the function throws', async () => {
    await expect(profile('fails', () => pool.query('select nothing'))).rejects.toMatchObject({ code: '42703' })
    await expect(
      profile('fails', () => {
        throw new RangeError('mine')
      }),
    ).rejects.toThrow(RangeError)
  })

  test('a block inside a block counts for both', async () => {
    const { report } = await profile('outer', async () => {
      await pool.query('select 1')
      const inner = await profile('inner', () => pool.query('select 2'))
      expect(inner.report.scopes[0]?.queries.count).toBe(1)
    })
    expect(report.scopes[0]?.queries.count).toBe(2)
  })

  test('transaction control is not counted as queries', async () => {
    const { report } = await profile('transaction', async () => {
      const client = await pool.connect()
      for (const text of ['begin', 'select 1', 'savepoint a', 'release savepoint a', 'commit']) await client.query(text)
      client.release()
    })
    expect(report.scopes[0]?.queries.count).toBe(1)
    expect(report.coverage.seen).toBe(5)
  })

  test('options of two profiles at the same time do not touch each other', async () => {
    const run = (threshold: number) =>
      profile(
        'options',
        async () => {
          for (let id = 1; id <= 6; id++) await pool.query(USER, [id])
        },
        { detectors: { 'n-plus-one': { threshold } } },
      )
    const [strict, lax] = await Promise.all([run(3), run(100)])
    expect([strict, lax].map(({ report }) => report.findings.length)).toEqual([1, 0])
  })

  test('a loop that begins before anything was awaited is one, its first turn included', async () => {
    const load = async () => {
      for (const id of [71, 72, 73, 74, 75]) await pool.query(`select * from users where id = ${id}`)
    }
    const page = async () => {
      await load()
    }
    const handOn = () => load()
    for (const fn of [load, page, handOn]) {
      const { report } = await profile('first turn', fn)
      expect(report.findings).toMatchObject([{ kind: 'n-plus-one', confidence: 'likely', count: 5 }])
    }
  })

  test('kinds can be chosen and left out', async () => {
    const twice = async () => {
      await pool.query('select * from posts where id = $1', [1])
      await pool.query('select * from posts where id = $1', [1])
    }
    const counts = await Promise.all(
      [
        {},
        { only: ['n-plus-one' as const] },
        { ignore: ['duplicate-query' as const] },
        { detectors: { 'duplicate-query': false as const } },
      ].map(async (options) => (await profile('kinds', twice, options)).report.findings.length),
    )
    expect(counts).toEqual([1, 0, 0, 0])
  })

  test('a thousand and more repeats are folded, and still counted', async () => {
    const { report, trace } = await profile('many', async () => {
      const { rows } = await pool.query('select n from generate_series(1, 2500) n')
      for (const { n } of rows) await pool.query('select * from users where id = $1', [n])
    })
    expect(trace.executions).toHaveLength(1001)
    expect(trace.folded.map(({ count, distinctParameters }) => [count, distinctParameters])).toEqual([[1500, 1000]])
    expect(report.scopes[0]?.queries.count).toBe(2501)
    expect(report.findings.map(say)).toEqual([expect.stringMatching(/^error proven n-plus-one 2500 users from n /)])
  })
})

describe('parameters that cannot be written as text', () => {
  const odd: [name: string, value: unknown][] = [
    ['bigints in an array', [1n, 2n]],
    ['an object without a prototype', Object.assign(Object.create(null), { toPostgres: () => '7' })],
    ['an object that throws when it is read', { toPostgres: () => '7', toString: fail, toJSON: fail }],
  ]

  function fail(): never {
    throw new Error('not to be read')
  }

  test.each(odd)('%s, listed and folded: the host never hears of it', async (_name, value) => {
    const uncaught: unknown[] = []
    const listener = (error: unknown) => uncaught.push(error)
    process.on('uncaughtException', listener)
    const { report } = await profile('odd', async () => {
      for (let index = 0; index < 1002; index++) await pool.query('select $1::text as odd', [value])
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('uncaughtException', listener)
    expect(uncaught).toEqual([])
    expect(report.scopes[0]?.queries.count).toBe(1002)
  })
})

describe('a lazy query builder that is returned', () => {
  const lazy = (text: string): PromiseLike<pg.QueryResult> => ({
    // biome-ignore lint/suspicious/noThenProperty: as the builders of Knex, Drizzle and others have it
    then: (resolve, reject) => pool.query(text).then(resolve, reject),
  })

  test('is sent inside the scope that returns it', async () => {
    const { result, report } = await profile('lazy', () => lazy('select 7 as seven') as Promise<pg.QueryResult>)
    expect([result.rows[0].seven, report.scopes[0]?.queries.count]).toEqual([7, 1])
    const profiler = createProfiler({ http: false })
    const counts: number[] = []
    profiler.onScope(({ scope }) => counts.push(scope.queries.count))
    expect((await runInScope('lazy', () => lazy('select 8 as eight'))).rows[0].eight).toBe(8)
    profiler.stop()
    expect(counts).toEqual([1])
  })

  test('is left out by the ignore() that returns it', async () => {
    const { report } = await profile('lazy', async () => {
      await ignore('asked for', () => lazy('select 1'))
    })
    expect(report.scopes[0]?.queries.count).toBe(0)
  })
})

describe('runInScope and ignore', () => {
  test('a job is a scope; values and errors pass through', async () => {
    const profiler = createProfiler({ http: false })
    const names: string[] = []
    profiler.onScope(({ scope }) => names.push(`${scope.kind} ${scope.name} ${scope.queries.count}`))
    expect(await runInScope('send mails', async () => (await pool.query('select 5 as five')).rows[0].five)).toBe(5)
    expect(runInScope('sync', () => 7)).toBe(7)
    await expect(runInScope('fails', () => pool.query('select nothing'))).rejects.toMatchObject({ code: '42703' })
    expect(() =>
      runInScope('throws', () => {
        throw new RangeError('mine')
      }),
    ).toThrow(RangeError)
    profiler.stop()
    expect(names).toEqual(['job send mails 1', 'job sync 0', 'job fails 1', 'job throws 0'])
    expect(profiler.report().scopes).toHaveLength(4)
  })

  test('ignored statements are counted, named with their reason, and not judged', async () => {
    const profiler = createProfiler({ http: false })
    const { report } = await profile('ignoring', async () => {
      for (let id = 1; id <= 6; id++) await ignore('a node has six parents', () => pool.query(USER, [id]))
      await pool.query('select 1')
    })
    expect(report.findings).toEqual([])
    expect(report.scopes[0]?.queries.count).toBe(1)
    expect(profiler.report().coverage.warnings).toContainEqual(
      '6 statements left out by ignore(): a node has six parents',
    )
    profiler.stop()
  })

  test('statements after the end of their scope make a warning', async () => {
    const before = state.counters.late
    let later: Promise<unknown> | undefined
    await profile('forgets to await', async () => {
      later = new Promise((resolve) => setTimeout(resolve, 20)).then(() => pool.query('select 1'))
    })
    await later
    expect(state.counters.late - before).toBe(1)
    const profiler = createProfiler({ http: false })
    expect(profiler.report().coverage.warnings.join('\n')).toMatch(
      /ran after the scope they were started in had closed/,
    )
    profiler.stop()
  })

  test('a listener that throws is counted and harms nobody', async () => {
    const profiler = createProfiler({ http: false })
    const before = state.counters.failures
    profiler.onScope(() => {
      throw new Error('mine')
    })
    await profile('listened', () => pool.query('select 1'))
    expect(state.counters.failures - before).toBe(1)
    profiler.stop()
  })
})
