import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  applyBaseline,
  emptyBaseline,
  formatBaseline,
  mergeBaseline,
  parseBaseline,
  pruneBaseline,
} from '../src/baseline.ts'
import { checkFailOn, gateExitCode } from '../src/gate.ts'
import { readBaseline } from '../src/read-baseline.ts'
import { json } from '../src/reporters/json.ts'
import {
  baseline,
  comparedReport,
  context,
  duplicate,
  fullReport,
  info,
  reportOf,
  sequential,
} from './reporters/fixtures.ts'

/** As the commands read it: with paths relative to the project. */
const report = JSON.parse(json(fullReport, context)) as typeof fullReport
const written = mergeBaseline(emptyBaseline, [report])

describe('writing a baseline', () => {
  test('has one entry per identity, sorted, with the worst count, its place and the reason', () => {
    expect(written.findings.map(({ identity }) => identity)).toEqual(
      [...new Set(report.findings.map(({ identity }) => identity))].sort(),
    )
    expect(written.findings.find(({ identity }) => identity === sequential.identity)).toEqual({
      identity: sequential.identity,
      kind: 'n-plus-one',
      reason: 'was there when the baseline was written',
      where: { file: 'src/posts.ts', function: 'renderPosts' },
      statement: 'SELECT users',
      count: 50,
    })
  })

  test('is the same text for the same findings, whatever their order and number', () => {
    const again = mergeBaseline(emptyBaseline, [{ ...report, findings: report.findings.toReversed() }, report])
    expect(formatBaseline(again)).toBe(formatBaseline(written))
    expect(formatBaseline(mergeBaseline(written, [report]))).toBe(formatBaseline(written))
    expect(formatBaseline(written)).toMatch(/^\{\n {2}"version": 1,\n.*\n\}\n$/s)
  })

  test('keeps what is there, with its reason, its count and what else somebody wrote into it', () => {
    const [first, ...others] = written.findings
    const owned = { ...first, reason: 'Ticket 12.', count: 1, owner: 'search' } as (typeof written.findings)[number]
    const merged = mergeBaseline({ version: 1, findings: [...others.slice(1), owned] }, [report], 'Ticket 13.')
    expect(merged.findings.map(({ reason }) => reason)).toEqual([
      'Ticket 12.',
      'Ticket 13.',
      ...others.slice(1).map(({ reason }) => reason),
    ])
    expect(merged.findings[0]).toEqual(owned)
  })

  test('a finding whose line was lost has no place', () => {
    const { callSite: _, ...lost } = sequential
    expect(mergeBaseline(emptyBaseline, [reportOf([lost])]).findings[0]).not.toHaveProperty('where')
  })

  test('pruning removes what no report has, and adds nothing', () => {
    const kept = pruneBaseline(baseline, [reportOf([info]), reportOf([duplicate])])
    expect(kept.findings).toEqual([baseline.findings[0]])
  })

  test('can be read again', () => {
    expect(parseBaseline(formatBaseline(written), 'b.json')).toEqual(written)
  })
})

describe('applying a baseline', () => {
  test('marks each finding, tells the entries apart, and leaves the report as it was', () => {
    const marks = comparedReport.findings.map((finding) => finding.baseline)
    expect(marks).toEqual(['unchanged', 'unchanged', 'new', 'new', 'new', 'unchanged', 'new'])
    expect(comparedReport.baseline?.unchanged.map(({ statement }) => statement)).toEqual([
      'SELECT settings',
      'SELECT users',
    ])
    expect(comparedReport.baseline?.absent.map(({ statement }) => statement)).toEqual(['SELECT tags'])
    expect(fullReport.findings.some((finding) => finding.baseline !== undefined)).toBe(false)
  })

  test('kinds that were not looked for are not absent', () => {
    const without = applyBaseline(reportOf([]), baseline, (kind) => kind !== 'n-plus-one')
    expect(without.baseline?.absent.map(({ kind }) => kind)).toEqual(['duplicate-query'])
  })

  test('the gate fails on new findings only', () => {
    const compared = applyBaseline(reportOf([sequential, duplicate]), baseline)
    expect(gateExitCode(compared, checkFailOn(['info', 'n-plus-one']))).toBe(0)
    const grown = applyBaseline(reportOf([sequential, info]), baseline)
    expect(gateExitCode(grown, checkFailOn(['warning']))).toBe(0)
    expect(gateExitCode(grown, checkFailOn(['info']))).toBe(1)
  })
})

describe('a baseline that cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-baseline-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['{', /Expected property name/],
    ['[]', /expected `version` 1, but got: undefined\.$/],
    ['{"version":2,"findings":[]}', /expected `version` 1, but got: 2\.$/],
    ['{"version":1}', /`findings` must be an array, but got: undefined\.$/],
    [
      '{"version":1,"findings":[null]}',
      /`findings\[0\]\.identity` must be a text that is not empty, but got: undefined/,
    ],
    [
      '{"version":1,"findings":[{"identity":"a:1","kind":"a","reason":" "}]}',
      /`findings\[0\]\.reason` must be a text that is not empty, but got: " "\.$/,
    ],
  ])('%s', (text, message) => {
    const file = join(folder, 'broken.json')
    writeFileSync(file, text)
    const code = 'ERR_OPTION_INVALID'
    expect(() => readBaseline(file)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    expect(() => readBaseline(file)).toThrow(`${file} is no baseline of nonplus: `)
  })

  test('is missing', () => {
    const file = join(folder, 'missing.json')
    expect(() => readBaseline(file)).toThrow(
      `Cannot read the baseline ${file}: there is no such file. ` +
        'Write one from a JSON report: nonplus baseline <report.json>',
    )
    expect(() => readBaseline(folder)).toThrow(/Cannot read the baseline .*EISDIR/)
  })
})
