import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { gitlab } from '../../src/reporters/gitlab.ts'
import { comparedReport, context, emptyReport, fullReport, reportOf, sequential } from './fixtures.ts'
import { expectGolden } from './golden.ts'

// what GitLab's documentation asks of an issue
const validate = new Ajv2020().compile({
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string', minLength: 1 },
      fingerprint: { type: 'string', minLength: 1 },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        properties: {
          path: { type: 'string', pattern: '^(?!\\./|/).+' },
          lines: { type: 'object', required: ['begin'], properties: { begin: { type: 'integer', minimum: 1 } } },
        },
      },
    },
  },
})

const { callSite: _, ...rest } = sequential
const lost = reportOf([{ ...rest, frames: [] }], [])

describe('the GitLab reporter', () => {
  test('writes an issue per identity', () => {
    expectGolden('gitlab.json', gitlab(fullReport, context))
  })

  test.each(Object.entries({ fullReport, emptyReport, comparedReport, lost }))(
    'has what GitLab asks for: %s',
    (_, report) => {
      const issues = JSON.parse(gitlab(report, context))
      expect([validate(issues), validate.errors]).toEqual([true, null])
      const fingerprints = issues.map(({ fingerprint }: { fingerprint: string }) => fingerprint)
      expect(new Set(fingerprints).size).toBe(fingerprints.length)
    },
  )

  test('knows a finding again when its line has moved', () => {
    const moved = { ...sequential, callSite: { ...sequential.frames[0], line: 99 } } as typeof sequential
    const fingerprintOf = (finding: typeof sequential) =>
      JSON.parse(gitlab(reportOf([finding]), context))[0].fingerprint
    expect(fingerprintOf(moved)).toBe(fingerprintOf(sequential))
  })

  test('leaves out what a baseline tolerates', () => {
    expect(JSON.parse(gitlab(comparedReport, context))).toHaveLength(4)
    expect(JSON.parse(gitlab(emptyReport, context))).toEqual([])
  })
})
