import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { traceOf } from '../trace-of.ts'

/*
 * Traces without a single parameter, as spans give them.
 */

const POSTS = '(list < GET /posts) | select * from posts where state = $1 | ? | ? rows'
const USERS = 'select * from users where id = $1'

function find(text: string) {
  return analyze(traceOf(text, { rowsComplete: false })).map(
    ({ kind, severity, confidence, title }) => `${severity} ${kind} (${confidence}) ${title}`,
  )
}

function times(count: number, ...lines: readonly string[]): string {
  return Array.from({ length: count }, () => lines.join('\n')).join('\n')
}

const LIKELY = 'warning n-plus-one (likely) 5 × SELECT users, keys not seen'
const CANDIDATE = 'info n-plus-one (candidate) 5 × SELECT users, keys not seen'

describe('a loop', () => {
  const found: [name: string, trace: string, expected: string[]][] = [
    [
      'one after the other, under one span',
      `${POSTS}\n${times(5, `(list < GET /posts) | ${USERS} | ? | ? rows`)}`,
      [LIKELY],
    ],
    [
      'side by side',
      `${POSTS}
       (list < GET /posts) | ${USERS} | ? | ? rows
       ${times(4, `& (list < GET /posts) | ${USERS} | ? | ? rows`)}`,
      [LIKELY],
    ],
    ['from one line, where spans tell it', times(5, `posts.ts:24 | ${USERS} | ? | ? rows`), [LIKELY]],
    [
      'with other statements in each turn, which are a loop, too',
      times(5, `(list) | ${USERS} | ? | ? rows`, '(list) | select * from tags where post_id = $1 | ? | ? rows'),
      [LIKELY, 'warning n-plus-one (likely) 5 × SELECT tags, keys not seen'],
    ],
    [
      'in a loop',
      times(
        5,
        '(list) | select * from comments where post_id = $1 | ? | ? rows',
        `(list) | ${USERS} | ? | ? rows`,
        `(list) | ${USERS} | ? | ? rows`,
      ),
      [
        'warning n-plus-one (likely) 10 × SELECT users, keys not seen',
        'warning n-plus-one (likely) 5 × SELECT comments, keys not seen',
      ],
    ],
    [
      'of an ORM, whose columns are in camel case',
      times(5, '(list) | select "Post"."authorId" from "Post" where "Post"."authorId" = $1 | ? | ? rows'),
      ['warning n-plus-one (likely) 5 × SELECT Post, keys not seen'],
    ],
    [
      'whose turns are told apart by nothing else than where they are: a candidate, and no more than worth knowing',
      times(5, `? | ${USERS} | ? | ? rows`),
      [CANDIDATE],
    ],
    [
      'that is none: a right that is checked in each step of a request',
      ['a', 'b', 'c', 'd', 'e']
        .map((table) => `(h) | ${USERS} | ? | ? rows\n(h) | select * from ${table} where state = $1 | ? | ? rows`)
        .join('\n'),
      [CANDIDATE],
    ],
    [
      'by a name: flags and settings are asked for so',
      times(5, '(h) | select * from flags where name = $1 | ? | ? rows'),
      ['info n-plus-one (candidate) 5 × SELECT flags, keys not seen'],
    ],
    [
      'whose keys stand in the text: they are counted',
      [1, 2, 3, 4, 5].map((id) => `(h) | select * from users where id = ${id} | [] | ? rows`).join('\n'),
      ['warning n-plus-one (likely) 5 × SELECT users with 5 different keys'],
    ],
  ]
  test.each(found)('%s', (_name, trace, expected) => {
    expect(find(trace)).toEqual(expected)
  })
})

describe('what is no loop', () => {
  const legitimate: [name: string, trace: string][] = [
    ['fewer than the threshold', times(4, `(h) | ${USERS} | ? | ? rows`)],
    [
      'under spans that are unlike',
      ['a', 'b', 'c', 'd', 'e'].map((name) => `(${name}) | ${USERS} | ? | ? rows`).join('\n'),
    ],
    ['pages', times(6, '(h) | select * from users where tenant_id = $1 limit $2 offset $3 | ? | ? rows')],
    ['sweeps', times(6, '(h) | select * from users where tenant_id = $1 and id > $2 limit 100 | ? | ? rows')],
    ['batches', times(6, '(h) | select * from users where id = any($1) | ? | ? rows')],
    ['lists', times(6, '(h) | select * from users where id in ($1, $2) | ? | ? rows')],
    ['locks', times(6, '(h) | select * from jobs where id = $1 for update | ? | ? rows')],
    ['probes', times(6, '(h) | select count(*) from users where id = $1 | ? | ? rows')],
    ['retries', times(6, `(h) | ${USERS} | ? | ! 40001`)],
    ['writes', times(6, '(h) | update users set name = $1 where id = $2 | ? | ? rows')],
    ['no key at all', times(6, '(h) | select * from users order by random() limit $1 | ? | ? rows')],
  ]
  test.each(legitimate)('%s', (_name, trace) => {
    expect(find(trace)).toEqual([])
  })

  test('polling: the same question after waits of one length', () => {
    const trace = traceOf(times(6, '(h) | select * from jobs where id = $1 | ? | ? rows'))
    const executions = trace.executions.map((execution, index) => ({ ...execution, startMs: index * 100 }))
    expect(analyze({ ...trace, executions })).toEqual([])
  })
})

test('the words claim no more than was seen', () => {
  const [finding] = analyze(traceOf(`${POSTS}\n${times(5, `(list < GET /posts) | ${USERS} | ? | ? rows`)}`))
  expect(finding).toMatchObject({ distinctParameters: 0, frames: [] })
  expect(finding).not.toHaveProperty('parent')
  expect(finding?.explanation).toBe(
    '5 look-ups in users by users.id, under the span `list`. Their values were not seen: it cannot be told whether the ' +
      'keys differ, nor where they came from.',
  )
})

test('the identity tells spans apart, not requests', () => {
  const identityIn = (path: string): string | undefined =>
    analyze(traceOf(times(5, `(${path}) | ${USERS} | ? | ? rows`)))[0]?.identity
  expect(identityIn('list < GET /posts')).toBe(identityIn('list < GET /posts'))
  expect(identityIn('list < GET /posts')).not.toBe(identityIn('feed < GET /posts'))
})
