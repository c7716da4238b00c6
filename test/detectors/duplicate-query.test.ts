import { describe, expect, test } from 'vitest'
import { duplicateQuery } from '../../src/detectors/duplicate-query.ts'
import { traceOf } from '../trace-of.ts'

const SETTINGS = 'select * from settings where tenant_id = $1'

function find(text: string) {
  return duplicateQuery
    .detect(traceOf(text), duplicateQuery.defaults)
    .map(({ confidence, count, statement, concurrent, otherCallSites }) =>
      [confidence, `${count} ×`, statement.tables[0], concurrent ? 'concurrent' : '', `${otherCallSites.length} others`]
        .filter((part) => part !== '')
        .join(' '),
    )
}

describe('duplicates', () => {
  const found: [name: string, trace: string, expected: string[]][] = [
    [
      'the same rows again',
      `a.ts:1 | ${SETTINGS} | [7] | id=1,2 name=x,y
       b.ts:1 | ${SETTINGS} | [7] | id=1,2 name=x,y`,
      ['proven 2 × settings 1 others'],
    ],
    [
      'rows in another order are the same rows',
      `a.ts:1 | ${SETTINGS} | [7] | id=1,2
       a.ts:1 | ${SETTINGS} | [7] | id=2,1`,
      ['proven 2 × settings 0 others'],
    ],
    [
      'rows that were not kept: likely',
      `a.ts:1 | ${SETTINGS} | [7] | 3 rows
       a.ts:1 | ${SETTINGS} | [7] | 3 rows`,
      ['likely 2 × settings 0 others'],
    ],
    [
      'rows that were not even counted, as in spans: likely',
      `(handler) | select * from settings where tenant_id = 7 | [] | ? rows
       (handler) | select * from settings where tenant_id = 7 | [] | ? rows`,
      ['likely 2 × settings 0 others'],
    ],
    [
      'a stampede',
      `a.ts:1   | ${SETTINGS} | [7] | id=1
       & a.ts:1 | ${SETTINGS} | [7] | id=1
       & a.ts:1 | ${SETTINGS} | [7] | id=1`,
      ['proven 3 × settings concurrent 0 others'],
    ],
    [
      'a write to another table does not matter',
      `a.ts:1 | ${SETTINGS} | [7] | id=1
       a.ts:2 | update users set name = $1 | ["x"] | 1 rows
       a.ts:3 | ${SETTINGS} | [7] | id=1`,
      ['proven 2 × settings 1 others'],
    ],
    [
      'both sides of a write are judged on their own',
      `a.ts:1 | ${SETTINGS} | [7] | id=1
       a.ts:1 | ${SETTINGS} | [7] | id=1
       a.ts:2 | delete from settings where id = $1 | [2] | 1 rows
       a.ts:3 | ${SETTINGS} | [7] | id=1
       a.ts:3 | ${SETTINGS} | [7] | id=1`,
      ['proven 2 × settings 0 others', 'proven 2 × settings 0 others'],
    ],
  ]
  test.each(found)('%s', (_name, trace, expected) => {
    expect(find(trace)).toEqual(expected)
  })
})

describe('what is not a duplicate', () => {
  const cases: [name: string, trace: string][] = [
    ['other parameters', `a.ts:1 | ${SETTINGS} | [7] | id=1\na.ts:1 | ${SETTINGS} | [8] | id=1`],
    [
      'a re-read after a write',
      `a.ts:1 | ${SETTINGS} | [7] | id=1
       a.ts:2 | update settings set name = $1 | ["x"] | 1 rows
       a.ts:3 | ${SETTINGS} | [7] | id=1`,
    ],
    [
      'a re-read after a procedure that may write anywhere',
      `a.ts:1 | ${SETTINGS} | [7] | id=1
       a.ts:2 | call refresh_settings() | [] | 0 rows
       a.ts:3 | ${SETTINGS} | [7] | id=1`,
    ],
    ['rows that changed', `a.ts:1 | ${SETTINGS} | [7] | id=1\na.ts:1 | ${SETTINGS} | [7] | id=2`],
    ['another number of rows', `a.ts:1 | ${SETTINGS} | [7] | 1 rows\na.ts:1 | ${SETTINGS} | [7] | 2 rows`],
    ['a retry', `a.ts:1 | ${SETTINGS} | [7] | ! 40001\na.ts:1 | ${SETTINGS} | [7] | id=1`],
    [
      'locking reads',
      'a.ts:1 | select * from jobs for update | [] | id=1\na.ts:1 | select * from jobs for update | [] | id=1',
    ],
    ['reads of no table', 'a.ts:1 | select now() | [] | 1 rows\na.ts:1 | select now() | [] | 1 rows'],
    ['writes', 'a.ts:1 | insert into t values (1) | [] | 1 rows\na.ts:1 | insert into t values (1) | [] | 1 rows'],
    ['transaction control', 'a.ts:1 | begin | [] | 0 rows\na.ts:1 | begin | [] | 0 rows'],
  ]
  test.each(cases)('%s', (_name, trace) => {
    expect(find(trace)).toEqual([])
  })

  test('polling: waits of one length, or growing ones', () => {
    const poll = `a.ts:1 | ${SETTINGS} | [7] | id=1\n`.repeat(5)
    const at = (starts: number[]) => {
      const trace = traceOf(poll)
      return {
        ...trace,
        executions: trace.executions.map((execution, index) => ({ ...execution, startMs: starts[index] as number })),
      }
    }
    const counts = [
      at([0, 50, 101, 150, 202]),
      at([0, 25, 80, 200, 500]),
      at([0, 3, 6, 9, 12]),
      at([0, 400, 402, 900, 903]),
    ].map((trace) => duplicateQuery.detect(trace, duplicateQuery.defaults).length)
    expect(counts).toEqual([0, 0, 1, 1])
  })
})
