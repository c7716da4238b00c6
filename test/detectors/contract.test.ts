import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Detector } from '../../src/detectors/detector.ts'
import { detectors } from '../../src/detectors/index.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOf } from '../trace-of.ts'
import { contractTraces } from './contract-traces.ts'

/** A scope with something to find for every detector that needs no plan. */
const ordinary = traceOf(`
  posts.ts:9  | begin | [] | 0 rows
  posts.ts:10 | select * from posts | [] | id=1,2,3 author_id=7,8,9
  posts.ts:24 | select * from users where id = $1 | [7] | id=7
  posts.ts:24 | select * from users where id = $1 | [8] | id=8
  posts.ts:24 | select * from users where id = $1 | [9] | id=9
  menu.ts:3   | select * from menu where site = $1 | [1] | id=1
  menu.ts:5   | select * from menu where site = $1 | [1] | id=1
  posts.ts:30 | commit | [] | 0 rows
`)
const empty = traceOf('')

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}

/** A trace of which every optional part is missing, as a poor source may give it. */
function bare({ executions, plans, ...trace }: Trace): Trace {
  return {
    ...trace,
    ...(plans === undefined
      ? {}
      : { plans: plans.map(({ statement, plans }) => ({ statement, plans, tables: [], indexes: [] })) }),
    callSites: [],
    rowsComplete: false,
    executions: executions.map(({ id, statement, startMs }) => ({ id, statement, startMs, durationMs: -1 })),
  }
}

// what every detector must keep to, the ones to come included
describe.each(detectors as unknown as Detector[])('$kind', ({ kind, summary, defaults, detect }) => {
  const busy = contractTraces[kind]?.() ?? ordinary

  test('finds something in a scope made for it, and nothing in an empty one', () => {
    expect(detect(busy, defaults).length).toBeGreaterThan(0)
    expect(detect(empty, defaults)).toEqual([])
  })

  test('does not change the trace', () => {
    expect(() => detect(deepFreeze(structuredClone(busy)), defaults)).not.toThrow()
  })

  test('gives the same findings twice, also after the trace went through JSON', () => {
    const first = detect(busy, defaults)
    expect(detect(busy, defaults)).toEqual(first)
    expect(detect(JSON.parse(JSON.stringify(busy)), defaults)).toEqual(first)
  })

  test('gives findings that survive JSON', () => {
    const findings = detect(busy, defaults)
    expect(JSON.parse(JSON.stringify(findings))).toEqual(findings)
  })

  test('gives what every finding must carry', () => {
    for (const finding of detect(busy, defaults)) {
      expect(finding).toMatchObject({ kind, scope: { id: 's1', name: 'GET /test' } })
      expect(finding.identity).toMatch(new RegExp(`^${kind}:[0-9a-f]{16}$`))
      for (const text of [finding.title, finding.explanation, finding.advice.summary]) expect(text).toMatch(/\S/)
      expect(finding.executions.length).toBeGreaterThan(0)
      expect(finding.docs).toContain(`${kind}.md`)
    }
  })

  test('survives a trace that knows next to nothing', () => {
    expect(() => detect(bare(busy), defaults)).not.toThrow()
  })

  test('has its page, which begins with the definition', () => {
    const page = new URL(`../../src/detectors/${kind}.md`, import.meta.url)
    expect(existsSync(page)).toBe(true)
    const text = readFileSync(page, 'utf8').replaceAll(/\s+/g, ' ')
    expect(text).toContain(`# ${kind} **${summary}**`)
  })
})
