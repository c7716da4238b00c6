import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../src/model/finding.ts'
import type { Report, ReportScope } from '../src/model/report.ts'
import { checkRules, defaultRules, regressionRules } from '../src/regressions.ts'
import { diffReports } from '../src/report-diff.ts'
import { diffJson } from '../src/reporters/diff-json.ts'
import { diffMarkdown } from '../src/reporters/diff-markdown.ts'
import { diffText } from '../src/reporters/diff-text.ts'
import { displayWidth } from '../src/reporters/layout.ts'
import { scopeNumbersOf } from '../src/scope-numbers.ts'
import {
  concurrent,
  context,
  duplicate,
  feedScope,
  fullReport,
  info,
  postsScope,
  reportOf,
  sequential,
  threadsScope,
} from './reporters/fixtures.ts'
import { expectGolden } from './reporters/golden.ts'

const scope = (name: string, count: number, durationMs = 5, rows = count): ReportScope => ({
  ...postsScope,
  id: `${name} ${count}`,
  name,
  queries: { count, durationMs, rows },
})
const inScope = (finding: Finding, name: string): Finding => ({ ...finding, scope: { id: name, name } })
const regressions = (before: Report, after: Report, rules = defaultRules) =>
  diffReports(before, after, rules).regressions.map(({ rule, scope, summary }) => [rule, scope, summary])

const before = reportOf(
  [sequential, duplicate],
  [postsScope, { ...feedScope, queries: { count: 3, durationMs: 4.2, rows: 30 } }, scope('GET /old', 4)],
)
const after = reportOf(
  [
    { ...concurrent, growth: { perParentRow: 1, constant: 1 } },
    { ...sequential, scope: { id: 's3', name: 'threads of the day' }, growth: { perParentRow: 2, constant: 1 } },
    { ...sequential, growth: { perParentRow: 2, constant: 1 } },
  ],
  [postsScope, feedScope, threadsScope],
)
const changed = diffReports(before, after, defaultRules)

describe('findings of a scope name', () => {
  const changes = (diff: typeof changed) =>
    Object.fromEntries(
      diff.scopes.map(({ name, findings }) => [name, findings.map(({ change, identity }) => `${change} ${identity}`)]),
    )

  test('are new, known from another scope, unchanged, fixed, or not seen since the scope did not run', () => {
    expect(changes(changed)).toEqual({
      'GET /feed': [`new ${concurrent.identity}`],
      'GET /old': [],
      'GET /posts': [`unchanged ${sequential.identity}`, `fixed ${duplicate.identity}`],
      'threads of the day': [`known ${sequential.identity}`],
    })
    const lost = diffReports(reportOf([inScope(duplicate, 'GET /old')], [scope('GET /old', 4)]), reportOf([]), [])
    expect(changes(lost)['GET /old']).toEqual([`unseen ${duplicate.identity}`])
  })

  test('tell where the number of queries grows in another way', () => {
    const posts = changed.scopes.find(({ name }) => name === 'GET /posts')
    expect(posts?.findings[0]?.growth).toEqual({
      before: { perParentRow: 1, constant: 1 },
      after: { perParentRow: 2, constant: 1 },
    })
  })

  test('count once, however many scopes of the name they were found in', () => {
    const twice = reportOf([sequential, { ...sequential, scope: { id: 's9', name: 'GET /posts' } }])
    expect(diffReports(reportOf([]), twice, []).scopes[0]?.findings).toHaveLength(1)
  })
})

describe('counts of a scope name', () => {
  test('are the lowest, the middle and the highest of its runs', () => {
    const report = reportOf([], [scope('a', 51, 9), scope('a', 3, 1), scope('a', 7, 2), scope('a', 5, 4)])
    expect(scopeNumbersOf(report).get('a')).toEqual({
      runs: 4,
      queries: { least: 3, median: 5, most: 51 },
      databaseMs: 2,
      rows: 5,
    })
  })

  test('include those that a long run only summed up', () => {
    const unlisted = (name: string) => ({
      name,
      kind: 'request' as const,
      scopes: 10,
      queries: { count: 40, durationMs: 20, rows: 60 },
      least: 1,
      most: 9,
    })
    const report = { ...reportOf([], [scope('a', 5)]), unlisted: [unlisted('a'), unlisted('b')] }
    const numbers = scopeNumbersOf(report)
    expect(numbers.get('a')).toMatchObject({ runs: 11, queries: { least: 1, median: 5, most: 9 } })
    expect(numbers.get('b')).toEqual({
      runs: 10,
      queries: { least: 1, median: 4, most: 9 },
      databaseMs: 2,
      rows: 6,
    })
  })
})

describe('a regression', () => {
  test('is none between equal reports', () => {
    expect(regressions(fullReport, structuredClone(fullReport), regressionRules)).toEqual([])
  })

  test('is a finding that is new, once for all its scopes; no note, none that is known or tolerated', () => {
    const names = ['a', 'b']
    const now = reportOf(
      names.flatMap((name) => [inScope(concurrent, name), inScope(info, name), inScope(sequential, name)]),
      names.map((name) => scope(name, 1)),
    )
    const known = reportOf(
      [inScope(sequential, 'c')],
      names.map((name) => scope(name, 1)),
    )
    expect(regressions(known, now)).toEqual([['new-findings', 'a', 'error n-plus-one: 1,200 × SELECT comments']])
    const tolerated = {
      ...now,
      findings: now.findings.map((finding) => ({ ...finding, baseline: 'unchanged' as const })),
    }
    expect(regressions(known, tolerated)).toEqual([])
  })

  test.each<[what: string, before: number[], after: number[], expected: string[]]>([
    ['more in the one run', [2], [3], ['2 → 3 queries']],
    ['fewer', [3], [2], []],
    ['more in the worst', [2, 2, 50], [2, 2, 51], ['50 → 51 queries']],
    ['more in the middle', [2, 2, 50], [3, 3, 50], ['2 → 3 queries']],
    ['more runs', [2], [2, 2, 2], []],
    ['more in the best alone', [1, 5, 5], [5, 5, 5], []],
  ])('is a scope that sends more queries: %s', (_, counts, countsAfter, expected) => {
    const reports = [counts, countsAfter].map((side) =>
      reportOf(
        [],
        side.map((count) => scope('GET /', count)),
      ),
    ) as [Report, Report]
    expect(regressions(...reports).map(([, , summary]) => summary)).toEqual(expected)
  })

  test('is no scope that one side alone has', () => {
    expect(regressions(reportOf([], [scope('a', 1)]), reportOf([], [scope('b', 99)]))).toEqual([])
  })

  test('is a report that saw nothing, where the one before did', () => {
    const blind = reportOf([], [])
    expect(regressions(reportOf([]), blind)).toEqual([
      ['coverage', undefined, '54 statements in scopes before, none after'],
    ])
    expect(regressions(blind, blind)).toEqual([])
  })

  test('is time only where it is asked for, and much', () => {
    const timed = (durationMs: number) => reportOf([], [scope('a', 1, durationMs)])
    expect(regressions(timed(10), timed(1_000))).toEqual([])
    expect(regressions(timed(20), timed(30), ['time'])).toEqual([['time', 'a', '20 ms → 30 ms in the database']])
    expect(regressions(timed(1), timed(9), ['time'])).toEqual([])
    expect(regressions(timed(100), timed(140), ['time'])).toEqual([])
  })

  test('is what --fail-on names', () => {
    expect(checkRules(['none'])).toEqual([])
    expect(checkRules(['time', 'queries'])).toEqual(['time', 'queries'])
    expect(() => checkRules(['querys'])).toThrow('Unknown rule in --fail-on: `querys`. Did you mean `queries`?')
    expect(() => checkRules(['none', 'time'])).toThrow('--fail-on none stands alone: it means no rule.')
    expect(regressions(before, after, [])).toEqual([])
  })
})

describe('a comparison as text', () => {
  test('shows the scopes that changed, the findings, and what became worse', () => {
    expectGolden('diff.txt', diffText(changed, context))
  })

  test.each([20, 40, 80])('fits into %i columns but for the numbers', (width) => {
    const lines = diffText(changed, { ...context, width }).split('\n')
    const table = lines.filter((line) => /→/.test(line) && !/^ |^\w+ {2}/.test(line))
    expect(
      lines.filter((line) => displayWidth(line) > width && !table.includes(line) && !/^(scope|\d)/.test(line)),
    ).toEqual([])
  })

  test('says that nothing changed', () => {
    expect(diffText(diffReports(before, before, defaultRules), context)).toBe(
      '3 scopes, 0 changed, 0 new findings, 0 fixed, 2 unchanged\n\nNothing became worse.\n',
    )
  })
})

describe('a comparison as Markdown', () => {
  test('is what a comment on a pull request shows', () => {
    expectGolden('diff.md', diffMarkdown(changed, context))
  })

  test('is small enough for one, and lets no name be markup', () => {
    const names = Array.from({ length: 500 }, (_, index) => `GET /|<script>@octocat \`${'*x* '.repeat(200)}${index}`)
    const now = reportOf(
      names.map((name, index) => ({ ...inScope(sequential, name), identity: `n-plus-one:${index}`, title: name })),
      names.map((name) => scope(name, 3)),
    )
    const then = reportOf(
      [],
      names.map((name) => scope(name, 2)),
    )
    const text = diffMarkdown(diffReports(then, now, defaultRules), context)
    expect(text.length).toBeLessThan(65_536)
    const [, hidden] = /^(\d+) scopes more$/m.exec(text) ?? []
    const html = marked.parse(text, { gfm: true, async: false }) as string
    expect(html.match(/<tr>/g)).toHaveLength(1 + 500 - Number(hidden))
    expect(html).not.toMatch(/<script|<em>|@octocat(?![^<]*<\/code>)/)
  })
})

describe('a comparison as JSON', () => {
  const schema = JSON.parse(readFileSync(new URL('../schema/diff.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema)

  test('follows its schema', () => {
    validate(JSON.parse(diffJson(changed, context)))
    expect(validate.errors).toBe(null)
    expectGolden('diff.json', diffJson(changed, context))
  })

  test('the schema would tell', () => {
    const document = JSON.parse(diffJson(changed, context))
    document.scopes[0].findings[0].change = 'worse'
    delete document.scopes[1].before.queries.median
    expect(validate(document)).toBe(false)
  })

  test('names no rule that there is not', () => {
    expect(schema.$defs.regression.properties.rule.enum).toEqual(regressionRules)
  })
})
