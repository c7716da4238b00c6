import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/model/finding.ts'
import { nodesOf } from '../../src/model/plan.ts'
import { findingCap, json } from '../../src/reporters/json.ts'
import {
  comparedReport,
  concurrent,
  context,
  emptyReport,
  fullReport,
  info,
  postsScope,
  reportOf,
  sequential,
  server,
} from './fixtures.ts'
import { expectGolden } from './golden.ts'
import { largePlan, missingIndex, nodeReading, planReport, staleStatistics } from './plan-fixtures.ts'

const schema = JSON.parse(readFileSync(new URL('../../schema/report.json', import.meta.url), 'utf8'))
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true })
addFormats.default(ajv)
const validate = ajv.compile(schema)

const crowd = (count: number): Finding[] =>
  Array.from({ length: count }, (_, index) => ({ ...sequential, durationMs: 1 + ((index * 7919) % count) }))

const timed = reportOf(
  [],
  [
    {
      ...postsScope,
      executions: [
        { summary: 'SELECT users', fingerprint: 'select ?', startMs: 1, durationMs: -1 },
        {
          summary: 'SELECT users',
          fingerprint: 'select ?',
          startMs: 2,
          durationMs: 3,
          rows: 1,
          callSite: server,
          finding: 'a:1',
        },
      ],
    },
  ],
)

describe('the JSON report', () => {
  test('is version 1 of the contract', () => {
    expectGolden('report.json', json(fullReport, context))
  })

  test.each(
    Object.entries({ fullReport, emptyReport, comparedReport, timed, planReport, crowded: reportOf(crowd(600)) }),
  )('follows its schema: %s', (_, report) => {
    validate(JSON.parse(json(report, context)))
    expect(validate.errors).toBe(null)
  })

  test('has one finding per scope it occurs in, in the order of the scopes', () => {
    const { findings } = JSON.parse(json(fullReport, context))
    expect(findings.map((finding: Finding) => `${finding.scope.id} ${finding.identity}`)).toEqual([
      's1 n-plus-one:1f0c9a7be3d25a04',
      's1 duplicate-query:d0d0d0d0d0d0d0d0',
      's1 duplicate-query:1111111111111111',
      's2 n-plus-one:77ab01cd23ef4567',
      's3 n-plus-one:0badcafe0badcafe',
      's4 n-plus-one:1f0c9a7be3d25a04',
      's4 n-plus-one:5eed5eed5eed5eed',
    ])
  })

  test('has the plan of a finding, and those of the run, with what was not explained', () => {
    expectGolden('report-plans.json', json({ ...planReport, findings: [missingIndex], plans: [] }, context))
    const { plans, coverage } = JSON.parse(json(planReport, context)) as typeof planReport
    expect(plans?.map(({ plan }) => plan.fingerprint)).toEqual(planReport.plans?.map(({ plan }) => plan.fingerprint))
    expect(coverage.plans).toEqual(planReport.coverage.plans)
  })

  test('bounds a plan: the guilty node and its way down stay, others are counted', () => {
    const { findings } = JSON.parse(json(reportOf([staleStatistics]), context)) as typeof planReport
    const [finding] = findings as [typeof staleStatistics]
    const kept = nodesOf(finding.plan.plan.root)
    expect(kept).toHaveLength(40)
    expect(kept.find(({ id }) => id === nodeReading(largePlan, 'table_2'))?.relation).toBe('table_2')
    const omitted = kept.reduce((sum, node) => sum + (node.omitted ?? 0), 0)
    expect(omitted + kept.length).toBe(nodesOf(largePlan.root).length)
    expect(kept.every(({ output }) => output === undefined)).toBe(true)
  })

  test('stays small with many findings in large plans', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      ...staleStatistics,
      identity: `stale-statistics:${index}`,
    }))
    expect(json(reportOf(many), context).length).toBeLessThan(8_000_000)
  })

  test('is the same whatever order the findings come in', () => {
    const reversed = { ...fullReport, findings: fullReport.findings.toReversed() }
    expect(json(reversed, context)).toBe(json(fullReport, context))
  })

  test('rounds durations to the microsecond', () => {
    const noisy = { ...postsScope, durationMs: 67.19999999999999 }
    expect(JSON.parse(json(reportOf([], [noisy]), context)).scopes[0].durationMs).toBe(67.2)
  })

  test('keeps at most 500 findings, one of every identity first, and says how many it left out', () => {
    const report = reportOf([...crowd(600), info, { ...concurrent, durationMs: 0.5 }])
    const { findings, coverage } = JSON.parse(json(report, context)) as typeof report
    expect(findings.length).toBe(findingCap)
    expect(new Set(findings.map((finding) => finding.identity)).size).toBe(3)
    expect(Math.min(...findings.filter((f) => f.identity === sequential.identity).map((f) => f.durationMs))).toBe(103)
    expect(coverage.warnings).toEqual(['102 of 602 findings are left out: a report holds 500.'])
  })
})

describe('the schema', () => {
  const valid = () => JSON.parse(json(fullReport, context))
  const broken: Record<string, (report: ReturnType<typeof valid>) => void> = {
    'another version': (report) => {
      report.version = 2
    },
    'no coverage': (report) => {
      delete report.coverage
    },
    'a severity of its own': (report) => {
      report.findings[0].severity = 'fatal'
    },
    'an N+1 without its distinct parameters': (report) => {
      delete report.findings[0].distinctParameters
    },
    'a finding in a plan without the plan': (report) => {
      report.findings[0].kind = 'missing-index'
    },
    'a frame without a line': (report) => {
      delete report.findings[0].parent.callSite.line
    },
    'a start that is no time': (report) => {
      report.scopes[0].startedAt = 'this morning'
    },
  }

  test('says what each property of a plan is', () => {
    const file = ts.createSourceFile(
      'plan.ts',
      readFileSync(new URL('../../src/model/plan.ts', import.meta.url), 'utf8'),
      ts.ScriptTarget.Latest,
    )
    for (const [type, name] of Object.entries({ PlanNode: 'planNode', Plan: 'plan', VerifiedIndex: 'verifiedIndex' })) {
      const declared = file.statements.find(
        (one): one is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(one) && one.name.text === type,
      )
      const properties = declared?.members.map((member) => member.name?.getText(file)).sort()
      expect(Object.keys(schema.$defs[name].properties).sort()).toEqual(properties)
    }
  })

  test.each(Object.entries(broken))('refuses %s', (_, breakIt) => {
    const report = valid()
    expect(validate(report)).toBe(true)
    breakIt(report)
    expect(validate(report)).toBe(false)
  })
})
