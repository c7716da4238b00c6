import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/model/finding.ts'
import type { Report } from '../../src/model/report.ts'
import type { Reporter } from '../../src/reporters/reporter.ts'
import {
  comparedReport,
  context,
  cwd,
  duplicate,
  emptyReport,
  fullReport,
  nested,
  reportOf,
  sequential,
} from './fixtures.ts'
import { missingIndex, planReport } from './plan-fixtures.ts'

/** What holds for every reporter, whatever it writes. */
export function describeReporter(name: string, reporter: Reporter): void {
  describe(`the ${name} reporter`, () => {
    test('leaves the report as it is', () => {
      const report = deepFreeze(structuredClone(fullReport))
      reporter(report, context)
      expect(report).toEqual(fullReport)
    })

    test('writes the same text for the same report, and one newline at its end', () => {
      const text = reporter(fullReport, context)
      expect(reporter(structuredClone(fullReport), context)).toBe(text)
      expect(text).toMatch(/[^\n]\n$/)
    })

    test('asks neither the environment nor the streams', () => {
      const plain = reporter(fullReport, context)
      const colored = reporter(fullReport, { ...context, color: true })
      withEnvironment({ FORCE_COLOR: '1' }, () => expect(reporter(fullReport, context)).toBe(plain))
      withEnvironment({ NO_COLOR: '1', FORCE_COLOR: '0', TERM: 'dumb' }, () =>
        expect(reporter(fullReport, { ...context, color: true })).toBe(colored),
      )
    })

    test('shows no file by its absolute path', () => {
      expect(reporter(fullReport, context)).not.toContain(cwd)
      expect(reporter(emptyReport, context)).not.toContain(cwd)
    })

    test('writes no escape code where colour is off', () => {
      const text = reporter(fullReport, context)
      expect(stripVTControlCharacters(text)).toBe(text)
    })

    test('says the same in colour', () => {
      expect(stripVTControlCharacters(reporter(fullReport, { ...context, color: true }))).toBe(
        reporter(fullReport, context),
      )
    })

    test('survives a finding without anything optional, and a scope that is not in the report', () => {
      const text = reporter(reportOf([bare(nested), bare(duplicate), bare(missingIndex)], []), {
        ...context,
        sourceOf: () => undefined,
      })
      expect(text).toContain('n-plus-one')
      expect(text).toContain('duplicate-query')
      expect(text).not.toMatch(/undefined|NaN|\[object/)
    })

    test('survives a report that was compared with a baseline', () => {
      expect(reporter(comparedReport, context)).not.toMatch(/undefined|NaN|\[object/)
    })

    test.each([1, 20, 40, 1000])('survives %i columns', (width) => {
      expect(reporter(fullReport, { ...context, width })).toContain('n-plus-one')
    })

    test('holds all of that for findings in plans', () => {
      const copy = deepFreeze(structuredClone(planReport))
      const text = reporter(copy, context)
      expect(copy).toEqual(planReport)
      expect(text).toContain('missing-index')
      expect(text).not.toMatch(/undefined|NaN|\[object/)
      expect(text).not.toContain(cwd)
      expect(stripVTControlCharacters(text)).toBe(text)
      expect(stripVTControlCharacters(reporter(copy, { ...context, color: true }))).toBe(text)
      const nasty = reporter(poisoned(planReport), context)
      expect([...new Set(nasty.match(/\p{Cc}/gu))]).toEqual(['\n'])
      for (const width of [1, 20, 40, 1000]) expect(reporter(copy, { ...context, width })).toContain('missing-index')
    })

    test('bounds what it says of a plan', () => {
      expect(reporter(planReport, context).length).toBeLessThan(200_000)
    })

    test('hands no control character of the application to the terminal', () => {
      const text = reporter(poisoned(), { ...context, sourceOf: () => `${evil}\n`.repeat(40) })
      expect([...new Set(text.match(/\p{Cc}/gu))]).toEqual(['\n'])
      expect(text).toContain('users')
    })

    test('writes no value of a parameter, as the report has none, and none of its internal ids', () => {
      const marked = { ...sequential, executions: [987_654_321] }
      expect(reporter(reportOf([marked]), context)).not.toContain('987654321')
    })
  })
}

const evil = 'users\u001b[2J\u001b]0;owned\u0007\r\u009b31m\u0008\u0000'

/** What holds one of a few words, which are nonplus's own. */
const chosen: ReadonlySet<string> = new Set(
  ['kind', 'severity', 'confidence', 'file', 'via', 'engine', 'mode', 'op', 'evidence', 'verifiedBy', 'purpose'].concat(
    ['format', 'parentRelationship', 'joinType', 'costUnit', 'scanDirection'],
  ),
)

/** The report with something nasty in every text that comes from the application. */
function poisoned(report: Report = fullReport): Report {
  const poison = (key: string, value: unknown): unknown =>
    typeof value === 'string' && !chosen.has(key) ? `${value} ${evil}` : value
  return JSON.parse(JSON.stringify(report, poison)) as Report
}

function bare(finding: Finding): Finding {
  const { callSite: _, advice, ...rest } = finding
  const base = { ...rest, frames: [], advice: { summary: advice.summary } }
  if (base.kind === 'duplicate-query') return { ...base, otherCallSites: [] }
  if ('plan' in base) {
    const { engine, evidence, plan, node, share, impactMs } = base.plan
    return { ...base, plan: { engine, evidence, plan, node, share, impactMs } }
  }
  if (base.kind !== 'n-plus-one') return base
  const { parent: __, growth: ___, companions: ____, ...required } = base
  return required
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
}

function withEnvironment(variables: Record<string, string>, run: () => void): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  try {
    Object.assign(process.env, variables)
    run()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
