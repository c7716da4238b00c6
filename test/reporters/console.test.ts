import { describe, expect, test } from 'vitest'
import type { NPlusOneFinding } from '../../src/model/finding.ts'
import type { Frame } from '../../src/model/trace.ts'
import { console } from '../../src/reporters/console.ts'
import { renderFinding, renderRepeat } from '../../src/reporters/finding-text.ts'
import { displayWidth } from '../../src/reporters/layout.ts'
import { renderSummary } from '../../src/reporters/summary.ts'
import {
  comparedReport,
  concurrent,
  context,
  cwd,
  duplicate,
  emptyReport,
  feedScope,
  frameAt,
  fullReport,
  info,
  likely,
  nested,
  postsScope,
  reportOf,
  sequential,
  threadsScope,
} from './fixtures.ts'
import { expectGolden } from './golden.ts'
import { missingIndex, staleStatistics } from './plan-fixtures.ts'

const sender = frameAt('settings', 'db.query', 'loadSettings')
const helped: NPlusOneFinding = {
  ...sequential,
  callSite: sender,
  loop: sequential.frames[0] as Frame,
  frames: [sender, ...sequential.frames],
}
const field = 'Query.posts[].author'
const resolved: NPlusOneFinding = { ...sequential, title: `${sequential.title} in ${field}`, fields: [field] }
const { callSite: _, ...lost } = { ...sequential, frames: [] }
const blind = { ...context, sourceOf: () => undefined }

describe('a finding in full', () => {
  const cases = {
    sequential: renderFinding(sequential, postsScope, context),
    concurrent: renderFinding(concurrent, feedScope, context),
    nested: renderFinding(nested, threadsScope, context),
    likely: renderFinding(likely, postsScope, context),
    duplicate: renderFinding(duplicate, postsScope, context),
    helper: renderFinding(helped, postsScope, context),
    graphql: renderFinding(resolved, postsScope, context),
    info: renderFinding(info, postsScope, context),
    'no-call-site': renderFinding(lost, postsScope, context),
    'no-source': renderFinding(sequential, postsScope, blind),
    narrow: renderFinding(sequential, postsScope, { ...context, width: 40 }),
    'narrow-stacked': renderFinding(concurrent, feedScope, { ...context, width: 40 }),
    color: renderFinding(sequential, postsScope, { ...context, color: true }),
    'color-stacked': renderFinding(concurrent, feedScope, { ...context, color: true }),
    plan: renderFinding(missingIndex, feedScope, context),
    'plan-color': renderFinding(missingIndex, feedScope, { ...context, color: true }),
    'plan-narrow': renderFinding(missingIndex, feedScope, { ...context, width: 40 }),
    'plan-large': renderFinding(staleStatistics, feedScope, context),
    'plan-without-code': renderFinding(missingIndex, undefined, { ...context, hasNoCode: true, isPlanShown: true }),
  }

  test.each(Object.entries(cases))('%s', (name, text) => {
    expectGolden(`finding-${name}.txt`, text)
  })

  test('has no share of a scope that is unknown, or shorter than the statements together', () => {
    const headline = (scope: typeof postsScope | undefined) => renderFinding(sequential, scope, context).split('\n')[0]
    const bare = 'error n-plus-one (proven)  50 × SELECT users · 41.2 ms · GET /posts'
    expect(headline(undefined)).toBe(bare)
    expect(headline({ ...postsScope, durationMs: 0 })).toBe(bare)
    expect(headline({ ...postsScope, durationMs: 41 })).toBe(bare)
  })

  test('shows of a large plan at most twelve lines, the guilty node among them', () => {
    const text = renderFinding(staleStatistics, feedScope, context)
    const [, plan = ''] = text.split(/^ {2}plan /m)
    const tree =
      plan
        .split(/^ {2}fix /m)[0]
        ?.trimEnd()
        .split('\n')
        .slice(1) ?? []
    expect(tree.length).toBeLessThanOrEqual(12)
    expect(tree.filter((line) => line.includes('→ ') && line.includes('table_2'))).toHaveLength(1)
    expect(tree.at(-1)).toMatch(/… \d+ more nodes$/)
  })

  test('growth speaks of one query and one row in the singular', () => {
    const { parent } = sequential
    if (parent === undefined) throw new Error('the fixture lost its parent')
    const single = { ...sequential, parent: { ...parent, rows: 1 }, growth: { perParentRow: 1, constant: 0 } }
    expect(renderFinding(single, postsScope, context)).toContain('growth     1 query at 1 row of posts; 10 at 10\n')
  })

  test('a statement of many lines and a thousand characters takes at most a hundred', () => {
    const fingerprint = `select\n${Array.from({ length: 200 }, (_, n) => `column_${n}`).join(',\n')} from wide`
    const text = renderFinding(
      { ...sequential, statement: { ...sequential.statement, fingerprint } },
      postsScope,
      context,
    )
    const lines = text.split('\n')
    const start = lines.findIndex((line) => line.startsWith('  statement'))
    expect(lines.slice(start, start + 3)).toEqual([
      '  statement  select column_0, column_1, column_2, column_3, column_4, column_5, column_6, column_7,',
      '             column_8, co…',
      expect.stringMatching(/^ {2}proof {6}/),
    ])
  })

  test.each([30, 40, 60, 80, 200])('fits into %i columns, but for what is copied whole', (width) => {
    for (const finding of [sequential, concurrent, nested, duplicate, info, lost]) {
      const lines = renderFinding(finding, postsScope, { ...context, width }).split('\n')
      const wider = lines.filter((line) => displayWidth(line) > width && !/https:|[-:][0-9a-f]{16}$/.test(line))
      expect(wider).toEqual([])
    }
  })
})

describe('a code frame', () => {
  const excerptOf = (source: string, line: number, column: number, width = 100) => {
    const frame = { file: `${cwd}/src/a.ts`, line, column, function: 'run' }
    const { parent: _, ...finding }: NPlusOneFinding = { ...sequential, callSite: frame, frames: [frame] }
    const text = renderFinding(finding, undefined, { ...context, width, sourceOf: () => source })
    return text.slice(text.indexOf('src/a.ts'), text.indexOf('\n\n  statement')).split('\n').slice(1)
  }

  test('reads files with CRLF and keeps the caret right behind tabs', () => {
    expect(excerptOf('for (const id of ids) {\r\n\t\tawait db.query(sql, [id])\r\n}\r\n', 2, 9)).toEqual([
      '    1 | for (const id of ids) {',
      '  > 2 |     await db.query(sql, [id])',
      '      |           ^ ran 50×, 50 different values',
      '    3 | }',
    ])
  })

  test('keeps the caret right behind characters that take two columns, or none', () => {
    expect(excerptOf("log('日本🙂é'); q(id)", 1, 15)).toEqual([
      "  > 1 | log('日本🙂é'); q(id)",
      '      |                 ^ ran 50×, 50 different values',
    ])
  })

  test('keeps the caret right where the line ends in wide characters', () => {
    expect(excerptOf('日本日本日本日本(x)', 1, 9)).toEqual([
      '  > 1 | 日本日本日本日本(x)',
      '      |                 ^ ran 50×, 50 different values',
    ])
  })

  test('cuts a long line around its caret', () => {
    const bundle = `${'a();'.repeat(500)}db.query(sql, [id]);${'b();'.repeat(500)}`
    expect(excerptOf(bundle, 1, 2001, 60)).toEqual([
      '  > 1 | …a();a();a();a();db.query(sql, [id]);b();b();b();b(…',
      '      |                  ^ ran 50×, 50 different values',
    ])
  })

  test('points at the start of a line whose column it does not know, or is not there any more', () => {
    const expected = ['  > 1 |   query(id)', '      |   ^ ran 50×, 50 different values']
    expect(excerptOf('  query(id)', 1, 0)).toEqual(expected)
    expect(excerptOf('  query(id)', 1, 80)).toEqual(expected)
  })

  test('gives way to the bare label where the file has no such line any more', () => {
    expect(excerptOf('query(id)', 7, 1)).toEqual(['    ran 50×, 50 different values'])
  })

  test('says both on one line where the rows are read on the line of the loop', () => {
    const frame = { file: `${cwd}/src/a.ts`, line: 1, column: 41, function: '' }
    const { parent } = sequential
    if (parent === undefined) throw new Error('the fixture lost its parent')
    const finding = {
      ...sequential,
      callSite: frame,
      frames: [],
      parent: { ...parent, callSite: { ...frame, column: 7 } },
    }
    const source = 'await all((await posts()).map((post) => user(post)))'
    expect(
      renderFinding(finding, undefined, { ...context, sourceOf: () => source })
        .split('\n')
        .slice(2, 7),
    ).toEqual([
      '  src/a.ts:1:41',
      '  > 1 | await all((await posts()).map((post) => user(post)))',
      '      |                                         ^ ran 50×, 50 different values',
      '      |                                           returned 50 rows; author_id went into the loop',
      '',
    ])
  })
})

describe('a finding shown before', () => {
  test('is one line with how often it was found', () => {
    expect(renderRepeat(sequential, 3, context)).toBe(
      'error n-plus-one (proven) again, 3×  50 × SELECT users · src/posts.ts:14:26 (renderPosts) · 41.2 ms…',
    )
    expect(renderRepeat(sequential, 1234, { ...context, width: 200 })).toBe(
      'error n-plus-one (proven) again, 1,234×  ' +
        '50 × SELECT users · src/posts.ts:14:26 (renderPosts) · 41.2 ms · GET /posts',
    )
    expect(renderRepeat(lost, 2, { ...context, width: 200 })).toContain(' · call site lost · ')
  })
})

describe('the summary', () => {
  const manyScopes = Array.from({ length: 27 }, (_, index) => ({
    ...postsScope,
    id: `m${index}`,
    name: `GET /posts/${'archive/'.repeat(index % 5)}${index % 25}`,
    queries: { count: 3 + index * 100, durationMs: 10 * index ** 2, rows: index },
  }))
  const many = reportOf([{ ...sequential, scope: { id: 'm3', name: manyScopes[3]?.name ?? '' } }], manyScopes)

  test('lists twenty scope names, findings first, then time', () => {
    expectGolden('summary-many-scopes.txt', renderSummary(many, context))
  })

  test('gives up columns where it is narrow', () => {
    expectGolden('summary-narrow.txt', renderSummary(many, { ...context, width: 40 }))
  })

  test('names what the scopes are where they are not all requests', () => {
    const [, , head] = renderSummary(reportOf([], [threadsScope]), context).split('\n')
    expect(head).toBe('scope               runs  queries  db time  findings')
  })

  test('nothing seen is no clean bill of health', () => {
    expectGolden('summary-empty.txt', renderSummary(emptyReport, context))
  })

  test('nothing attributed is no clean bill of health', () => {
    const report = reportOf([], [])
    const unattributed = { ...report, coverage: { ...report.coverage, seen: 8, warnings: ['No scope was opened.'] } }
    expect(renderSummary(unattributed, context)).toBe(
      [
        'No statement ran inside a scope: nothing was judged.',
        '',
        '8 statements seen through pg 8.23.1 (patch), 0 in a scope, 0 with a call site.',
        'warning  No scope was opened.',
      ].join('\n'),
    )
  })

  test('says that there is nothing to say', () => {
    expect(renderSummary(reportOf([]), context)).toBe(
      [
        'No findings in 1 scope.',
        '',
        'scope       requests  queries  db time  findings',
        'GET /posts         1       54  48.1 ms         0',
        '',
        '54 statements seen through pg 8.23.1 (patch), 54 in a scope, 54 with a call site.',
      ].join('\n'),
    )
  })
})

describe('the console reporter', () => {
  test('shows each identity once, the heaviest first, then the summary', () => {
    expectGolden('console.txt', console(fullReport, context))
  })

  test('in colour', () => {
    expectGolden('console-color.txt', console(fullReport, { ...context, color: true }))
  })

  test('shows what a baseline tolerates as a line each', () => {
    expectGolden('console-baseline.txt', console(comparedReport, context))
  })

  test('has nothing but the summary where there are no findings', () => {
    expect(console(emptyReport, context)).toBe(`${renderSummary(emptyReport, context)}\n`)
  })
})
