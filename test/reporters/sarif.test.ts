import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import type { NPlusOneFinding } from '../../src/model/finding.ts'
import type { Frame } from '../../src/model/trace.ts'
import { sarif } from '../../src/reporters/sarif.ts'
import {
  comparedReport,
  context,
  cwd,
  emptyReport,
  frameAt,
  fullReport,
  nested,
  reportOf,
  sequential,
} from './fixtures.ts'
import { expectGolden } from './golden.ts'

const require = createRequire(import.meta.url)
const { default: Ajv } = require('ajv-draft-04') as typeof import('ajv-draft-04')

// the official schema, from the package of its makers
const schema = JSON.parse(
  readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
)
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
addFormats.default(ajv)
const validate = ajv.compile(schema)

const { callSite: _, ...rest } = sequential
const lost: NPlusOneFinding = { ...rest, frames: [] }

const at = (file: string, line = 3): NPlusOneFinding => {
  const frame: Frame = { file, line, column: 5, function: 'run' }
  return { ...sequential, callSite: frame, frames: [frame] }
}

const resultsOf = (report: typeof fullReport) => JSON.parse(sarif(report, context)).runs[0].results
const placeOf = (finding: NPlusOneFinding) => resultsOf(reportOf([finding]))[0].locations[0].physicalLocation

const nastyNames = reportOf([
  at(`${cwd}/src/a b#1?100%[id].ts`),
  { ...at('C:\\blog\\src\\posts.ts'), identity: 'n-plus-one:2' },
  { ...at('webpack://blog/src/posts.ts'), identity: 'n-plus-one:3' },
  { ...at('<anonymous>', 0), identity: 'n-plus-one:4' },
  { ...at(''), identity: 'n-plus-one:5' },
])

describe('the SARIF reporter', () => {
  test('writes a result per identity', () => {
    expectGolden('sarif.json', sarif(fullReport, context))
  })

  test.each(Object.entries({ fullReport, emptyReport, comparedReport, nastyNames, lost: reportOf([lost], []) }))(
    'follows the official schema: %s',
    (_, report) => {
      validate(JSON.parse(sarif(report, context)))
      expect(validate.errors).toBe(null)
    },
  )

  test('the schema would tell', () => {
    const log = JSON.parse(sarif(fullReport, context))
    log.runs[0].results[0].level = 'info'
    delete log.runs[0].results[1].message
    expect(validate(log)).toBe(false)
    expect(validate.errors?.map(({ instancePath }) => instancePath)).toEqual(
      expect.arrayContaining(['/runs/0/results/0/level', '/runs/0/results/1']),
    )
  })

  test('the worst first, each with its rule, its level and its identity as a fingerprint', () => {
    const { tool, results } = JSON.parse(sarif(fullReport, context)).runs[0]
    const rules = tool.driver.rules.map(({ id }: { id: string }) => id)
    expect(rules).toEqual(['duplicate-query', 'n-plus-one'])
    expect(tool.driver.rules[1].helpUri).toBe('https://nonplus.dev/kinds/n-plus-one')
    expect(
      results.map((result: (typeof results)[number]) => [
        rules[result.ruleIndex],
        result.level,
        result.partialFingerprints['nonplusFingerprint/v1'],
        result.occurrenceCount,
      ]),
    ).toEqual([
      ['n-plus-one', 'error', 'n-plus-one:77ab01cd23ef4567', 1],
      ['n-plus-one', 'error', 'n-plus-one:1f0c9a7be3d25a04', 2],
      ['n-plus-one', 'error', 'n-plus-one:0badcafe0badcafe', 1],
      ['n-plus-one', 'warning', 'n-plus-one:5eed5eed5eed5eed', 1],
      ['duplicate-query', 'warning', 'duplicate-query:d0d0d0d0d0d0d0d0', 1],
      ['duplicate-query', 'note', 'duplicate-query:1111111111111111', 1],
    ])
  })

  test('a page that is no address is a text', () => {
    const [finding] = [{ ...sequential, docs: `${cwd}/node_modules/nonplus/src/detectors/n-plus-one.md` }]
    const [rule] = JSON.parse(sarif(reportOf([finding]), context)).runs[0].tool.driver.rules
    expect(rule.help).toEqual({ text: 'node_modules/nonplus/src/detectors/n-plus-one.md' })
    expect(rule).not.toHaveProperty('helpUri')
  })

  test('the way to the statement: rows of rows, then the loop', () => {
    const sender = frameAt('settings', 'db.query', 'loadSettings')
    const [loop] = nested.frames as [Frame]
    const helped = { ...nested, callSite: sender, loop, frames: [sender, loop] }
    const [result] = resultsOf(reportOf([helped]))
    const line = (location: {
      physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } }
    }) => `${location.physicalLocation.artifactLocation.uri}:${location.physicalLocation.region.startLine}`
    expect(line(result.locations[0])).toBe(`src/threads.ts:${loop.line}`)
    const [{ threadFlows }] = result.codeFlows
    const steps = threadFlows[0].locations.map(({ location }: { location: never }) => [
      line(location),
      (location as { message: { text: string } }).message.text,
    ])
    expect(steps).toEqual([
      ['src/threads.ts:6', 'returned 10 rows; id went into the loop'],
      ['src/threads.ts:8', 'returned 50 rows; author_id went into the loop'],
      [`src/threads.ts:${loop.line}`, 'ran 50×, 50 different values'],
      [`src/settings.ts:${sender.line}`, 'loadSettings'],
    ])
    expect(result.relatedLocations.map(line)).toEqual([
      'src/threads.ts:8',
      'src/threads.ts:6',
      `src/settings.ts:${sender.line}`,
    ])
  })

  test.each([
    [`${cwd}/src/posts.ts`, { uri: 'src/posts.ts', uriBaseId: '%SRCROOT%' }],
    [`${cwd}/src/a b#1?100%[id].ts`, { uri: 'src/a%20b%231%3F100%25%5Bid%5D.ts', uriBaseId: '%SRCROOT%' }],
    [`${cwd}/a:b.ts`, { uri: './a:b.ts', uriBaseId: '%SRCROOT%' }],
    ['/srv/db/index.ts', { uri: '../db/index.ts', uriBaseId: '%SRCROOT%' }],
    ['C:\\blog\\src\\posts.ts', { uri: 'file:///C:/blog/src/posts.ts' }],
    ['webpack://blog/src/posts.ts', { uri: 'webpack://blog/src/posts.ts' }],
  ])('the address of %s', (file, expected) => {
    expect(placeOf(at(file)).artifactLocation).toEqual(expected)
  })

  test('a line that is not known is left out', () => {
    expect(placeOf(at('<anonymous>', 0))).not.toHaveProperty('region')
  })

  test('a finding without a line is a notification, since GitHub refuses a file with such a result', () => {
    const run = JSON.parse(sarif(reportOf([lost, nested]), context)).runs[0]
    expect(run.results).toHaveLength(1)
    expect(run.invocations[0].toolExecutionNotifications).toEqual([
      {
        level: 'error',
        message: { text: expect.stringMatching(/^50 × SELECT users · GET \/posts\n/) },
        associatedRule: { id: 'n-plus-one' },
      },
    ])
  })

  test('says what a baseline says: new, or unchanged with its reason; what was not met is no result', () => {
    const results = resultsOf(comparedReport) as { baselineState: string; suppressions?: { justification: string }[] }[]
    expect(results.map(({ baselineState }) => baselineState)).toEqual([
      'new',
      'unchanged',
      'new',
      'new',
      'unchanged',
      'new',
    ])
    expect(results.map(({ suppressions }) => suppressions?.[0]?.justification)).toEqual([
      undefined,
      'Fifty posts at most.',
      undefined,
      undefined,
      'The theme is read per widget; settings are cached from version 3 on.',
      undefined,
    ])
    expect(resultsOf(fullReport)[0]).not.toHaveProperty('baselineState')
  })

  test('at most 25,000 results', () => {
    const crowd = Array.from({ length: 25_100 }, (_, index) => ({ ...sequential, identity: `n-plus-one:${index}` }))
    expect(resultsOf(reportOf(crowd))).toHaveLength(25_000)
  })
})
