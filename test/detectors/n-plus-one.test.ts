import { describe, expect, test } from 'vitest'
import { nPlusOne } from '../../src/detectors/n-plus-one.ts'
import { traceOf } from '../trace-of.ts'

const USERS = 'select * from users where id = $1'

/** What a case asserts: the essence of each finding, all of them. */
function find(text: string, options?: Parameters<typeof traceOf>[1]) {
  return nPlusOne.detect(traceOf(text, options), nPlusOne.defaults).map((finding) => {
    const { confidence, severity, statement, count, distinctParameters, concurrent, parent, callSite } = finding
    return {
      what: `${severity === 'info' ? 'info: ' : ''}${confidence} ${count}/${distinctParameters} ${statement.tables[0]}${concurrent ? ' concurrent' : ''}`,
      from: parent === undefined ? undefined : `${parent.column} of ${parent.rows} rows ${parent.summary}`,
      at: callSite === undefined ? undefined : `${callSite.file.slice(5)}:${callSite.line}`,
    }
  })
}

/** The look-ups of a loop, one line each. */
function loop(place: string, sql: string, keys: readonly unknown[], outcome = 'id=1'): string {
  return keys
    .map((key) => `${place} | ${sql} | ${JSON.stringify(Array.isArray(key) ? key : [key])} | ${outcome}`)
    .join('\n')
}

describe('proven by the rows', () => {
  test('each key came from a column of the rows read before', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      ${loop('posts.ts:24', USERS, [7, 8, 9])}
    `
    expect(find(trace)).toEqual([
      { what: 'proven 3/3 users', from: 'author_id of 3 rows SELECT posts', at: 'posts.ts:24' },
    ])
  })

  test('two keys are enough, because they grow with the rows', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2 author_id=7,8
      ${loop('posts.ts:24', USERS, [7, 8])}
    `
    expect(find(trace)).toEqual([
      { what: 'proven 2/2 users', from: 'author_id of 2 rows SELECT posts', at: 'posts.ts:24' },
    ])
  })

  test('side by side', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      posts.ts:24 | ${USERS} | [7] | id=7
      & posts.ts:24 | ${USERS} | [8] | id=8
      & posts.ts:24 | ${USERS} | [9] | id=9
    `
    expect(find(trace)).toEqual([
      { what: 'proven 3/3 users concurrent', from: 'author_id of 3 rows SELECT posts', at: 'posts.ts:24' },
    ])
  })

  test('inside a transaction', () => {
    const trace = `
      posts.ts:9  | begin | [] | 0 rows
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      ${loop('posts.ts:24', USERS, [7, 8, 9])}
      posts.ts:30 | commit | [] | 0 rows
    `
    expect(find(trace)).toHaveLength(1)
  })

  test('nested loops are blamed on both levels', () => {
    const comments = 'select * from comments where post_id = $1'
    const trace = `
      feed.ts:5 | select * from posts | [] | id=11,12
      feed.ts:8 | ${comments} | [11] | id=21,22 user_id=31,32
      feed.ts:9 | ${USERS} | [31] | id=31
      feed.ts:9 | ${USERS} | [32] | id=32
      feed.ts:8 | ${comments} | [12] | id=23,24 user_id=33,34
      feed.ts:9 | ${USERS} | [33] | id=33
      feed.ts:9 | ${USERS} | [34] | id=34
    `
    expect(find(trace)).toEqual([
      { what: 'proven 4/4 users', from: 'user_id of 4 rows SELECT comments', at: 'feed.ts:9' },
      { what: 'proven 2/2 comments', from: 'id of 2 rows SELECT posts', at: 'feed.ts:8' },
    ])
    const [inner] = nPlusOne.detect(traceOf(trace), nPlusOne.defaults)
    expect(inner?.parent?.parent).toMatchObject({ summary: 'SELECT posts', column: 'id', rows: 2 })
    expect(inner?.growth).toEqual({ perParentRow: 1, constant: 2 })
  })

  test('through helpers, the loop stands in the function that had the rows read', () => {
    const trace = `
      find.ts:2 < posts.ts:10 < app.ts:5 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      ${loop('db.ts:1 < users.ts:3 < posts.ts:24 < app.ts:5', USERS, [7, 8, 9])}
    `
    const [finding, ...others] = nPlusOne.detect(traceOf(trace), nPlusOne.defaults)
    expect(others).toEqual([])
    expect([finding?.callSite, finding?.loop].map((frame) => `${frame?.file}:${frame?.line}`)).toEqual([
      '/app/db.ts:1',
      '/app/posts.ts:24',
    ])
  })

  test('a column whose name merely ends alike proves nothing: small numbers stand in many columns', () => {
    const trace = `
      shop.ts:10 | select * from orders | [] | quantity=1,2,3,4,5,6
      ${loop('shop.ts:24', 'select * from towns where city = $1', [2, 1])}
    `
    expect(find(trace)).toEqual([])
  })

  test('a list of one row is a note that it grows, not an error', () => {
    const trace = `
      posts.ts:10 | select * from posts where state = $1 | ["new"] | id=1 author_id=7
      posts.ts:24 | ${USERS} | [7] | id=7
    `
    expect(find(trace)).toEqual([
      { what: 'info: proven 1/1 users', from: 'author_id of 1 rows SELECT posts', at: 'posts.ts:24' },
    ])
    const [finding] = nPlusOne.detect(traceOf(trace), nPlusOne.defaults)
    expect(finding?.explanation).toContain('it grows with the rows of posts')
  })

  test('a row that was asked for by its key is only one, and worth no note', () => {
    const trace = `
      auth.ts:10 | select * from sessions where token = $1 | ["abc"] | id=1 user_id=7
      auth.ts:11 | ${USERS} | [7] | id=7
    `
    expect(find(trace)).toEqual([])
  })

  test('several statements per row from one line are one finding', () => {
    const profiles = 'select * from profiles where user_id = $1'
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2 author_id=7,8
      posts.ts:24 | ${USERS} | [7] | id=7
      posts.ts:24 | ${profiles} | [7] | id=70
      posts.ts:24 | ${USERS} | [8] | id=8
      posts.ts:24 | ${profiles} | [8] | id=80
    `
    const findings = nPlusOne.detect(traceOf(trace), nPlusOne.defaults)
    expect(findings).toHaveLength(1)
    expect(findings[0]?.companions?.map(({ statement, count }) => [statement.summary, count])).toEqual([
      ['SELECT profiles', 2],
    ])
  })

  test('statements of different lines in one loop are findings of their own', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2 author_id=7,8
      posts.ts:24 | ${USERS} | [7] | id=7
      posts.ts:25 | select * from tags where post_id = $1 | [1] | id=70
      posts.ts:24 | ${USERS} | [8] | id=8
      posts.ts:25 | select * from tags where post_id = $1 | [2] | id=80
    `
    expect(find(trace).map(({ at }) => at)).toEqual(['posts.ts:24', 'posts.ts:25'])
  })

  test('keys inlined as literals', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      posts.ts:24 | select * from users where id = 7 | [] | id=7
      posts.ts:24 | select * from users where id = 8 | [] | id=8
      posts.ts:24 | select * from users where id = 9 | [] | id=9
    `
    expect(find(trace)).toEqual([
      { what: 'proven 3/3 users', from: 'author_id of 3 rows SELECT posts', at: 'posts.ts:24' },
    ])
  })

  test('composite keys count as tuples', () => {
    const lines = 'select * from lines where order_id = $1 and line_no = $2'
    const trace = `
      orders.ts:3 | select order_id, line_no from shipped | [] | order_id=501,501,502 line_no=1,2,1
      ${loop('orders.ts:5', lines, [
        [501, 1],
        [501, 2],
        [502, 1],
      ])}
    `
    expect(find(trace)).toMatchObject([{ what: 'proven 3/3 lines' }])
  })

  test.each([
    ['text of a number', '7,8,9', ['7', '8', '9']],
    [
      'uuid in another case',
      'a1b2c3d4-0000-4000-8000-00000000000a,a1b2c3d4-0000-4000-8000-00000000000b',
      ['A1B2C3D4-0000-4000-8000-00000000000A', 'A1B2C3D4-0000-4000-8000-00000000000B'],
    ],
    [
      'timestamps',
      '2026-01-01T10:00:00.000Z,2026-01-02T10:00:00.000Z',
      ['2026-01-01 10:00:00Z', '2026-01-02 10:00:00Z'],
    ],
    ['slugs', 'a-long-slug-of-one,a-long-slug-of-two', ['a-long-slug-of-one', 'a-long-slug-of-two']],
  ])('values of another type: %s', (_name, column, keys) => {
    const trace = `
      posts.ts:10 | select * from posts | [] | ref=${column}
      ${loop('posts.ts:24', 'select * from things where ref = $1', keys)}
    `
    expect(find(trace)).toMatchObject([{ what: `proven ${keys.length}/${keys.length} things` }])
  })

  test('some rows only: a filter in the application', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2,3,4,5,6,7,8 author_id=11,12,13,14,15,16,17,18
      ${loop('posts.ts:24', USERS, [12, 17])}
    `
    expect(find(trace)).toMatchObject([{ what: 'proven 2/2 users' }])
  })

  test('a list of one is a key', () => {
    const trace = `
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      ${loop('posts.ts:24', 'select * from users where id in ($1)', [7, 8, 9])}
    `
    expect(find(trace)).toMatchObject([{ what: 'proven 3/3 users' }])
  })

  test('the parent is the query the values came from, not the one before', () => {
    const trace = `
      auth.ts:1   | select * from sessions where token = $1 | ["abc"] | id=1 user_id=99
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      posts.ts:11 | select * from settings | [] | id=1,2,3 position=7,8,9
      ${loop('posts.ts:24', USERS, [7, 8, 9])}
    `
    expect(find(trace)).toMatchObject([{ from: 'author_id of 3 rows SELECT posts' }])
  })

  test('rows that were read after the look-up prove nothing', () => {
    const trace = `
      ${loop('posts.ts:24', USERS, [7, 8, 9])}
      posts.ts:30 | select * from posts | [] | id=1,2,3 author_id=7,8,9
    `
    expect(find(trace)).toEqual([])
  })

  test('a tree that is walked level by level', () => {
    const children = 'select * from nodes where parent_id = $1'
    const trace = `
      tree.ts:2 < tree.ts:9 | ${children} | [100] | id=101,102 parent_id=100,100
      tree.ts:2 < tree.ts:3 < tree.ts:9 | ${children} | [101] | id=103,104 parent_id=101,101
      tree.ts:2 < tree.ts:3 < tree.ts:9 | ${children} | [102] | id=105,106 parent_id=102,102
    `
    expect(find(trace)).toMatchObject([{ what: 'proven 2/2 nodes', from: 'id of 6 rows SELECT nodes' }])
    const [finding] = nPlusOne.detect(traceOf(trace), nPlusOne.defaults)
    expect(finding?.advice).toEqual({ summary: expect.stringContaining('with recursive') })
  })
})

describe('without a proof', () => {
  test('five keys from one chain of calls are likely', () => {
    expect(find(loop('posts.ts:24', USERS, [7, 8, 9, 10, 11]))).toEqual([
      { what: 'likely 5/5 users', from: undefined, at: 'posts.ts:24' },
    ])
  })

  test('four are not enough', () => {
    expect(find(loop('posts.ts:24', USERS, [7, 8, 9, 10]))).toEqual([])
  })

  test('without call sites it is a candidate', () => {
    expect(find(loop('?', USERS, [7, 8, 9, 10, 11]))).toEqual([
      { what: 'candidate 5/5 users', from: undefined, at: undefined },
    ])
  })

  test('small numbers in an unrelated column are chance, not proof', () => {
    const trace = `
      menu.ts:1 | select * from menu | [] | position=1,2,3,4,5
      ${loop('posts.ts:24', 'select * from rates where code = $1', [2, 4])}
    `
    expect(find(trace)).toEqual([])
  })
})

describe('what is not an N+1', () => {
  const cases: [name: string, trace: string][] = [
    [
      'pages by offset',
      loop('page.ts:3', 'select * from posts order by id limit 10 offset $1', [0, 10, 20, 30, 40, 50]),
    ],
    [
      'a keyset sweep over its own rows',
      `page.ts:3 | select * from posts where id > $1 order by id limit 2 | [0] | id=1,2
       page.ts:3 | select * from posts where id > $1 order by id limit 2 | [2] | id=3,4
       page.ts:3 | select * from posts where id > $1 order by id limit 2 | [4] | id=5,6
       page.ts:3 | select * from posts where id > $1 order by id limit 2 | [6] | id=7,8
       page.ts:3 | select * from posts where id > $1 order by id limit 2 | [8] | id=9,10`,
    ],
    ['the same parameters again', loop('a.ts:3', USERS, [7, 7, 7, 7, 7, 7])],
    [
      'polling',
      loop('job.ts:3', "select * from jobs where state = 'ready' for update skip locked", [[], [], [], [], [], []]),
    ],
    [
      'retries after errors',
      `a.ts:3 | ${USERS} | [7] | ! 40001
       a.ts:3 | ${USERS} | [7] | ! 40001
       a.ts:3 | ${USERS} | [7] | id=7`,
    ],
    [
      'unrelated users of one helper',
      ['a', 'b', 'c', 'd', 'e', 'f']
        .map((file, index) => `users.ts:3 < ${file}.ts:9 | ${USERS} | [${index + 70}] | id=1`)
        .join('\n'),
    ],
    [
      'permission checks by name',
      loop('can.ts:3 < page.ts:9', 'select 1 from grants where user_id = 7 and action = $1', [
        'read',
        'write',
        'share',
        'delete',
        'audit',
        'admin',
      ]),
    ],
    [
      'settings by name',
      loop('settings.ts:3 < page.ts:9', 'select value from settings where key = $1', [
        'theme',
        'lang',
        'zone',
        'font',
        'beta',
        'help',
      ]),
    ],
    [
      'batch loads in chunks',
      `posts.ts:10 | select * from posts | [] | author_id=1,2,3,4
       load.ts:3 | select * from users where id = any($1) | [[1, 2]] | id=1,2
       load.ts:3 | select * from users where id = any($1) | [[3, 4]] | id=3,4`,
    ],
    [
      'IN lists of a loader',
      `posts.ts:10 | select * from posts | [] | author_id=1,2,3,4
       load.ts:3 | select * from users where id in ($1, $2) | [1, 2] | id=1,2
       load.ts:3 | select * from users where id in ($1, $2) | [3, 4] | id=3,4`,
    ],
    [
      'loops of writes',
      `posts.ts:10 | select * from posts | [] | id=1,2,3
       ${loop('posts.ts:12', 'update posts set seen = true where id = $1', [1, 2, 3], '1 rows')}`,
    ],
    ['different statements', 'a.ts:1 | select 1 | [] | 1 rows\na.ts:2 | select 2, 3 | [] | 1 rows'],
    ['nothing', ''],
  ]
  test.each(cases)('%s', (_name, trace) => {
    expect(find(trace)).toEqual([])
  })
})

describe('words', () => {
  test('the proof names key, column, rows, and the line does not change the identity', () => {
    const trace = (line: number) => `
      posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
      ${loop(`posts.ts:${line}`, USERS, [7, 8, 9])}
    `
    const [finding] = nPlusOne.detect(traceOf(trace(24)), nPlusOne.defaults)
    const [moved] = nPlusOne.detect(traceOf(trace(99)), nPlusOne.defaults)
    expect(finding?.explanation).toBe(
      'All 3 values of users.id came from posts.author_id in the 3 rows read at posts.ts:10.',
    )
    expect(finding?.growth).toEqual({ perParentRow: 1, constant: 1 })
    expect(finding?.advice.rewrite?.text).toBe('select * from users where id = any($1)')
    expect(moved?.identity).toBe(finding?.identity)
  })
})

describe('the first turn of a loop, before anything was awaited', () => {
  const turns = (first: string, later: string): string => `
    ${loop(first, USERS, [71])}
    ${loop(later, USERS, [72, 73, 74, 75])}
  `

  test('is on the stack of the callers, which await the others', () => {
    const trace = turns('load.ts:16:53 < page.ts:19:9 < app.ts:5:30', 'load.ts:16:53 << page.ts:19:3 < app.ts:5:24')
    expect(find(trace)).toEqual([{ what: 'likely 5/5 users', from: undefined, at: 'load.ts:16' }])
  })

  test('has those on it that only hand the promise on', () => {
    const trace = turns('load.ts:16:53 < same.ts:2:10 < app.ts:5:30 < main.ts:1', 'load.ts:16:53 << app.ts:5:24')
    expect(find(trace)).toEqual([{ what: 'likely 5/5 users', from: undefined, at: 'load.ts:16' }])
  })

  test('by another call of the helper is none of it', () => {
    const others = [
      turns('load.ts:16:53 < page.ts:18:9 < app.ts:5:30', 'load.ts:16:53 << page.ts:19:3 < app.ts:5:24'),
      turns('load.ts:16:53 < side.ts:2:9 < page.ts:18:9', 'load.ts:16:53 << page.ts:19:3'),
      turns('load.ts:16:53 < page.ts:19:9', 'load.ts:16:53 < page.ts:19:20'),
      turns('load.ts:16:53 < side.ts:1:1', 'load.ts:16:53 << page.ts:19:3'),
      turns('load.ts:16:53 << page.ts:19:9', 'load.ts:16:53 << page.ts:19:3'),
    ]
    expect(others.map((trace) => find(trace))).toEqual(others.map(() => []))
  })
})
