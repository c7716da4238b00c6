import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import type { Plan, PlanNode } from '../src/model/plan.ts'
import type { Report, ReportPlan } from '../src/model/report.ts'
import { diffPlans } from '../src/plan-diff.ts'
import { firstDifference } from '../src/plan-difference.ts'
import { defaultRules } from '../src/regressions.ts'
import { diffReports } from '../src/report-diff.ts'
import { diffJson } from '../src/reporters/diff-json.ts'
import { diffMarkdown } from '../src/reporters/diff-markdown.ts'
import { diffText } from '../src/reporters/diff-text.ts'
import { displayWidth } from '../src/reporters/layout.ts'
import { context, reportOf } from './reporters/fixtures.ts'
import { expectGolden } from './reporters/golden.ts'
import { indexPlan, largePlan, reportPlan, scanPlan } from './reporters/plan-fixtures.ts'

const index = 'comments.comments_post_id_idx'
const fast: ReportPlan = { ...reportPlan, plan: indexPlan, indexes: [...reportPlan.indexes, index] }
const slow: ReportPlan = reportPlan

const withPlans = (...plans: ReportPlan[]): Report => ({ ...reportOf([]), plans })
const one = (before: ReportPlan, after: ReportPlan) => {
  const [diff, ...others] = diffPlans([before], [after]) ?? []
  if (diff === undefined || others.length > 0) throw new Error('not one difference')
  return diff
}
const causes = (before: ReportPlan, after: ReportPlan) =>
  one(before, after).causes.map(({ kind, text }) => [kind, text])

/** The plan with other numbers at its root. */
const costing = (plan: Plan, totalCost: number, executionTime?: number): Plan => {
  const { executionTime: _, ...rest } = plan
  const { actualTotalTime: __, ...root } = plan.root
  return { ...rest, ...(executionTime === undefined ? {} : { executionTime }), root: { ...root, totalCost } }
}
const timed = (before: [cost: number, ms?: number], after: [cost: number, ms?: number]) =>
  one({ ...fast, plan: costing(indexPlan, ...before) }, { ...fast, plan: costing(scanPlan, ...after) }).change

describe('a plan of another shape', () => {
  test.each<[what: string, before: [number, number?], after: [number, number?], change: string]>([
    ['half as much cost again', [100], [150], 'regression'],
    ['less than that', [100], [149], 'changed'],
    ['two thirds of the cost', [150], [100], 'improvement'],
    ['twice the time, at the same cost', [100, 4], [100, 8], 'regression'],
    ['less than that', [100, 4], [100, 7.9], 'changed'],
    ['half the time, though it costs more', [100, 8], [1_000, 4], 'improvement'],
    ['twice of no time', [100, 0.1], [100, 0.3], 'changed'],
  ])('is judged by cost and time: %s', (_, before, after, change) => {
    expect(timed(before, after)).toBe(change)
  })

  test('is none where shapes are equal, whatever they cost', () => {
    expect(diffPlans([fast], [{ ...fast, plan: costing(indexPlan, 99_999, 500) }])).toEqual([])
  })

  test('is none where a side has no plans, or not this statement, or another engine', () => {
    expect(diffPlans(undefined, [fast])).toBeUndefined()
    expect(diffPlans([fast], undefined)).toBeUndefined()
    expect(diffPlans([], [fast])).toEqual([])
    expect(diffPlans([fast], [{ ...slow, plan: { ...scanPlan, engine: 'sqlite' } }])).toEqual([])
  })

  test('is not judged by costs of unlike units', () => {
    const other = { ...scanPlan, root: { ...scanPlan.root, costUnit: 'mysql' as const } }
    expect(one(fast, { ...fast, plan: costing(other, 1) }).cost).toBeUndefined()
  })

  test('comes with the worst first', () => {
    const statements = [30, 300, 3].map((cost): [ReportPlan, ReportPlan] => [
      { ...fast, fingerprint: `select ${cost}`, plan: costing(indexPlan, 10) },
      { ...fast, fingerprint: `select ${cost}`, plan: costing(scanPlan, cost) },
    ])
    const diffs = diffPlans(
      statements.map(([before]) => before),
      statements.map(([, after]) => after),
    )
    expect(diffs?.map(({ change, fingerprint }) => `${change} ${fingerprint}`)).toEqual([
      'regression select 300',
      'regression select 30',
      'improvement select 3',
    ])
  })
})

describe('its cause', () => {
  const same = (plan: Plan): ReportPlan => ({ ...fast, plan })

  test('is an index that is gone, or new', () => {
    expect(causes(fast, slow)).toEqual([['index-gone', `the index ${index} is gone`]])
    expect(causes(slow, fast)).toEqual([['index-new', `the index ${index} is new`]])
  })

  test('names the index that the plan used before others', () => {
    const many = { ...fast, indexes: ['comments.a', index, 'comments.b'] }
    expect(causes(many, slow)[0]).toEqual(['index-gone', `the index ${index} is gone`])
  })

  test('is a table that grew or shrank by a tenth, no less', () => {
    const sized = (rows: number): ReportPlan => ({ ...same(scanPlan), tableRows: { comments: rows } })
    const from = { ...fast, tableRows: { comments: 1_000 } }
    expect(causes(from, sized(1_100))).toEqual([['table-grew', 'comments grew from 1,000 to 1,100 rows']])
    expect(causes(from, sized(900))).toEqual([['table-shrank', 'comments shrank from 1,000 to 900 rows']])
    expect(causes(from, sized(1_099))[0]?.[0]).toBe('shape')
    expect(causes({ ...from, tableRows: {} }, sized(5))[0]?.[0]).toBe('shape')
  })

  test('is a setting, or the server', () => {
    const { settings: _, ...unset } = scanPlan
    const set = { ...scanPlan, serverVersion: '19.1', settings: { enable_indexscan: 'off', work_mem: '8MB' } }
    expect(causes(fast, same(set))).toEqual([
      ['settings', 'enable_indexscan was the default, and is off'],
      ['server', 'the server was 18.4, and is 19.1'],
    ])
    expect(causes(fast, same(unset))).toEqual([['settings', 'work_mem was 8MB, and is the default']])
  })

  test('is other statistics, where the table is as large as it was', () => {
    const [scan] = scanPlan.root.children as [PlanNode]
    const other = { ...scanPlan, root: { ...scanPlan.root, children: [{ ...scan, planRows: 90_000 }] } }
    expect(causes(fast, same(other))).toEqual([
      ['statistics', 'the statistics of comments changed: 18 rows were expected of it, and now 90,000'],
    ])
  })

  test('is told to be none of these', () => {
    expect(causes(fast, same(scanPlan)).map(([kind]) => kind)).toEqual(['shape'])
  })
})

describe('the first node that differs', () => {
  const leaf = (id: number, op: PlanNode['op'], relation: string): PlanNode => ({
    id,
    op,
    nodeType: op,
    relation,
    self: {},
    children: [],
  })
  const join = (id: number, op: PlanNode['op'], ...children: PlanNode[]): PlanNode => ({
    id,
    op,
    nodeType: op,
    self: {},
    children,
  })

  test('is found below what is alike', () => {
    const before = join(0, 'nested-loop', leaf(1, 'seq-scan', 'a'), leaf(2, 'index-scan', 'b'))
    const after = join(0, 'nested-loop', leaf(1, 'seq-scan', 'a'), leaf(2, 'seq-scan', 'b'))
    expect(firstDifference(before, after)).toEqual({ before: 2, after: 2 })
    expect(firstDifference(before, before)).toEqual({})
  })

  test('is not that workers share it', () => {
    const scan = leaf(0, 'seq-scan', 'a')
    expect(firstDifference(scan, join(0, 'gather', leaf(1, 'seq-scan', 'a')))).toEqual({})
    expect(firstDifference(scan, join(0, 'gather', leaf(1, 'index-scan', 'a')))).toEqual({ before: 0, after: 1 })
  })

  test('is one that the other side does not have', () => {
    const one = join(0, 'append', leaf(1, 'seq-scan', 'a'))
    const two = join(0, 'append', leaf(1, 'seq-scan', 'a'), leaf(2, 'seq-scan', 'b'))
    expect(firstDifference(one, two)).toEqual({ before: 0, after: 2 })
    expect(firstDifference(two, one)).toEqual({ before: 2, after: 0 })
  })
})

describe('in a comparison of reports', () => {
  const worse = diffReports(withPlans(fast), withPlans(slow), defaultRules)
  const better = diffReports(withPlans(slow), withPlans(fast), defaultRules)

  test('a plan that became worse is a regression, by the rule `plans`', () => {
    expect(worse.regressions).toEqual([
      {
        rule: 'plans',
        scope: 'GET /feed',
        identity: worse.plans?.[0]?.identity,
        summary: `SELECT comments: cost 61.2 → 11,843 (194×), 0.3 ms → 42.4 ms: the index ${index} is gone`,
      },
    ])
    expect(worse.plans?.[0]?.identity).toMatch(/^plan-regression:/)
    expect(better.regressions).toEqual([])
    expect(diffReports(withPlans(fast), withPlans(slow), ['queries']).regressions).toEqual([])
    expect(diffReports(reportOf([]), reportOf([]), defaultRules)).not.toHaveProperty('plans')
  })

  test('shows both trees, with the first nodes that differ marked', () => {
    expectGolden('diff-plans.txt', diffText(worse, context))
    expectGolden('diff-plans.md', diffMarkdown(worse, context))
    expect(diffText(better, context)).toMatch(/^plan improvement {2}SELECT comments: cost 11,843 → 61.2/m)
  })

  test('says the same in colour, and fits', () => {
    const colored = diffText(worse, { ...context, color: true })
    expect(stripVTControlCharacters(colored)).toBe(diffText(worse, context))
    expect(colored).not.toBe(diffText(worse, context))
    const [, plans = ''] = diffText(worse, { ...context, width: 50 }).split(/(?=^plan regression)/m)
    expect(plans.split('\n').filter((line) => displayWidth(line) > 50)).toEqual([])
  })

  test('is Markdown that reads', () => {
    expect(marked.parse(diffMarkdown(worse, context))).toContain('<b>plan regression</b>')
  })

  const schema = JSON.parse(readFileSync(new URL('../schema/diff.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema)

  test('follows the schema, and is bounded', () => {
    const large = diffReports(withPlans({ ...fast, plan: largePlan }), withPlans(slow), defaultRules)
    for (const diff of [worse, better, large]) {
      validate(JSON.parse(diffJson(diff, context)))
      expect(validate.errors).toBe(null)
    }
    expect(diffJson(large, context).length).toBeLessThan(200_000)
  })
})
