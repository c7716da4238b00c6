import { describe, expect, test } from 'vitest'
import type { Report, ReportScope, ScopeExecution } from '../../src/model/report.ts'
import { trace } from '../../src/reporters/trace.ts'
import { layOut, overlapping } from '../../src/reporters/trace-lanes.ts'
import { context, cwd, emptyReport, fullReport, postsScope, reportOf, sequential } from './fixtures.ts'
import { expectGolden } from './golden.ts'
import { faultsInTrace, type TraceEvent } from './trace-format.ts'

const execution = (startMs: number, durationMs: number, more: Partial<ScopeExecution> = {}): ScopeExecution => ({
  summary: 'SELECT users',
  fingerprint: 'select * from users where id = ?',
  startMs,
  durationMs,
  rows: 1,
  ...more,
})
const scope = (id: string, startMs: number, durationMs: number, executions?: ScopeExecution[]): ReportScope => ({
  ...postsScope,
  id,
  startedAt: new Date(Date.parse('2026-11-20T10:00:00.000Z') + startMs).toISOString(),
  durationMs,
  ...(executions === undefined ? {} : { executions }),
})

const timed = reportOf(
  [sequential],
  [
    scope('s1', 0, 30, [
      execution(0.25, 2, {
        summary: 'SELECT posts',
        callSite: { file: `${cwd}/src/posts.ts`, line: 5, column: 23, function: 'listPosts' },
      }),
      execution(3, 4.1234, { finding: sequential.identity }),
      execution(7.5, 4, { finding: sequential.identity }),
    ]),
    // at the same time, and with statements that overlap
    scope('s2', 10, 20, [execution(1, 10), execution(2, 3), execution(2.5, 12), execution(11, 2, { error: '23505' })]),
    // neither the first statement nor the scope's end was seen
    scope('s3', 40, 5, [execution(1, -1), execution(4, 60)]),
  ],
)

const eventsOf = (report: Report): TraceEvent[] => JSON.parse(trace(report, context)).traceEvents
const slicesOf = (report: Report) => eventsOf(report).filter(({ ph }) => ph === 'X')

/** 300 scopes of statements at random, the same each time. */
function crowd(): Report {
  let seed = 7
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const scopes = Array.from({ length: 300 }, (_, index) =>
    scope(
      `p${1 + (index % 3)}.s${index}`,
      Math.floor(random() * 500),
      random() * 60,
      Array.from({ length: Math.floor(random() * 40) }, () => execution(random() * 50, random() * 20 - 0.5)).sort(
        (a, b) => a.startMs - b.startMs,
      ),
    ),
  )
  return reportOf([], scopes)
}

describe('the trace reporter', () => {
  test('writes an event for each scope, and for each statement in it', () => {
    expectGolden('trace.json', trace(timed, context))
  })

  test.each(Object.entries({ timed, fullReport, emptyReport, crowd: crowd() }))(
    'keeps the rules of the format: %s',
    (_, report) => {
      expect(faultsInTrace(JSON.parse(trace(report, context)))).toEqual([])
    },
  )

  test('the rules would tell', () => {
    const slice = (ts: number, dur: number) => ({ name: 'a', ph: 'X', ts, dur, pid: 1, tid: 1 })
    const faultsOf = (...traceEvents: object[]) => faultsInTrace({ traceEvents })
    expect(faultsOf(slice(0, 10), slice(5, 10))).toContain('1/1: a at 5 overlaps')
    expect(faultsOf(slice(0, 10), slice(5, 5), slice(10, 1))).toEqual(['1: no name', '1/1: no name'])
    expect(faultsOf({ ...slice(0, 10), dur: -1 })).toContain('event 0: dur is -1')
    expect(faultsOf({ name: 'a', ph: 'B', ts: 0, pid: 1, tid: 1 })).toContain('event 0: ph is B')
  })

  test('draws a statement inside of its scope, and beside it what overlaps another', () => {
    const lanes = slicesOf(timed).map(({ name, ts, dur, tid }) => `${tid}: ${name} ${ts}+${dur}`)
    expect(lanes).toEqual([
      '1: GET /posts 0+30000',
      '1: SELECT posts 250+2000',
      '1: SELECT users 3000+4123',
      '1: SELECT users 7500+4000',
      '2: GET /posts 10000+20000',
      '2: SELECT users 11000+10000',
      '2: SELECT users 21000+2000',
      '3: SELECT users 12000+3000',
      '4: SELECT users 12500+12000',
      '1: GET /posts 40000+5000',
      '1: SELECT users 41000+4000',
      '2: SELECT users 44000+1000',
    ])
  })

  test('says what a slice is: the statement without values, its line, its finding, its error', () => {
    const [posts, select, users] = slicesOf(timed)
    expect(posts?.args).toMatchObject({
      scope: 's1',
      queries: 54,
      findings: [expect.stringMatching(/^error n-plus-one: 50 × SELECT users · src\/posts\.ts:14:26/)],
    })
    expect(select?.args?.callSite).toBe('src/posts.ts:5:23 (listPosts)')
    expect(users?.args).toEqual({
      statement: 'select * from users where id = ?',
      rows: 1,
      finding: '50 × SELECT users',
    })
    expect(slicesOf(timed).find(({ args }) => args?.error !== undefined)?.args?.error).toBe('23505')
  })

  test('keeps the processes of a run apart', () => {
    const names = eventsOf(crowd()).filter(({ name }) => name === 'process_name')
    expect(names.map(({ pid, args }) => [pid, args?.name])).toEqual([
      [1, 'process 1'],
      [2, 'process 2'],
      [3, 'process 3'],
    ])
  })
})

describe('lanes', () => {
  const spans = (...pairs: [number, number][]) => pairs.map(([startMs, endMs]) => ({ startMs, endMs }))

  test('are as few as there are spans at one time', () => {
    expect(layOut(spans([0, 10], [10, 20], [5, 15], [6, 7], [16, 17], [7, 9]))).toEqual([0, 0, 1, 2, 1, 2])
  })

  test('of a span hold what does not overlap', () => {
    expect([...overlapping(spans([0, 10], [5, 6], [10, 12], [11, 20], [12, 13]))]).toEqual([1, 3])
  })
})
