import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { parseReport, readReport } from '../src/read-report.ts'
import { json } from '../src/reporters/json.ts'
import { comparedReport, context, emptyReport, fullReport } from './reporters/fixtures.ts'
import { planReport } from './reporters/plan-fixtures.ts'

describe('reading a report', () => {
  test.each(Object.entries({ fullReport, emptyReport, comparedReport, planReport }))(
    '%s, as it was written',
    (_, report) => {
      const text = json(report, context)
      expect(json(parseReport(text, 'r.json'), context)).toBe(text)
    },
  )

  const broken: [what: string, change: (report: ReturnType<typeof valid>) => void, message: string][] = [
    ['another version', (report) => (report.version = 2), '`version` must be 1, but got: 2.'],
    ['another tool', (report) => (report.tool = { name: 'jest' }), '`tool.name` must be "nonplus", but got: "jest".'],
    ['no scopes', (report) => delete report.scopes, '`scopes` must be a list, but got: nothing.'],
    [
      'a count that is a text',
      (report) => (report.scopes[1].queries.count = '12'),
      '`scopes[1].queries.count` must be a number, but got: "12".',
    ],
    [
      'a finding without an identity',
      (report) => delete report.findings[3].identity,
      '`findings[3].identity` must be a text, but got: nothing.',
    ],
  ]
  test('whose plans are something else', () => {
    const report = JSON.parse(json(planReport, context))
    report.plans[1].plan.fingerprint = 7
    const message = '`plans[1].plan.fingerprint` must be a text, but got: 7.'
    expect(() => parseReport(JSON.stringify(report), 'r.json')).toThrow(message)
  })

  const valid = () => JSON.parse(json(fullReport, context))

  test.each(broken)('%s', (_what, change, message) => {
    const report = valid()
    change(report)
    const code = 'ERR_REPORT_INVALID'
    expect(() => parseReport(JSON.stringify(report), 'r.json')).toThrow(
      expect.objectContaining({ code, message: `r.json is no JSON report of nonplus: ${message}` }),
    )
  })

  test.each([
    ['', 'r.json is no JSON report of nonplus: it is empty. Did the run that was to write it end?'],
    ['null', 'r.json is no JSON report of nonplus: it must be an object, but got: null.'],
    ['<xml/>', /^r\.json is no JSON report of nonplus: Unexpected token/],
  ])('the text %j', (text, message) => {
    expect(() => parseReport(text, 'r.json')).toThrow(message)
  })

  test('that is missing, or a folder', () => {
    expect(() => readReport('no/such.json')).toThrow(
      'Cannot read the report no/such.json: there is no such file. ' +
        '`nonplus run --reporter json=no/such.json -- <command …>` writes one.',
    )
    expect(() => readReport(tmpdir())).toThrow(/Cannot read the report .*EISDIR/)
  })
})
