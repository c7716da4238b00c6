import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type JSONSchemaType } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { checkConfig, checkReporterNames, configNames, type NonplusConfig } from '../src/config.ts'
import { combineSources, makeSource, overrideConfig } from '../src/config-sources.ts'
import { configVariables, readVariables } from '../src/config-variables.ts'
import { detectors } from '../src/detectors/index.ts'
import { findingKinds, pickOptions } from '../src/options.ts'
import { reporters } from '../src/reporters/index.ts'

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../schema/config.json'), 'utf8'))
const cwd = '/project'
const reporterNames = Object.keys(reporters)

describe('sources', () => {
  test('a later one replaces an earlier one, name by name', () => {
    const file = makeSource('file', { only: ['n-plus-one'], failOn: ['error'], quiet: true }, { folder: cwd })
    const variables = readVariables({ NONPLUS_FAIL_ON: 'warning', NONPLUS_IGNORE: '' }, { cwd })
    const loaded = combineSources([file, ...variables])
    expect(loaded.config).toEqual({ only: ['n-plus-one'], failOn: ['warning'], quiet: true })
    expect(loaded.sources.map(({ name }) => name)).toEqual(['file', 'NONPLUS_FAIL_ON'])
    const flags = overrideConfig(loaded, { name: 'flags', values: { failOn: ['duplicate-query'], quiet: false } })
    expect(flags.config).toEqual({ only: ['n-plus-one'], failOn: ['duplicate-query'], quiet: false })
  })

  test('undefined is not said', () => {
    const upper = makeSource('upper', { only: undefined, quiet: undefined }, { folder: cwd })
    expect(upper.values).toEqual({})
  })

  test('paths are relative to where they were written', () => {
    const urlOf = (explainUrl: string) =>
      makeSource('file', { explainUrl }, { folder: '/project/app' }).values.explainUrl
    expect(['../dev.db', 'sqlite:dev.db', 'sqlite:///var/dev.db', 'postgres://me:x@db/shop'].map(urlOf)).toEqual([
      '/project/dev.db',
      'sqlite:/project/app/dev.db',
      'sqlite:///var/dev.db',
      'postgres://me:x@db/shop',
    ])
    expect(() => makeSource('file', { explainUrl: ['postgres://me:geheim@db'] }, { folder: cwd })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
    )
    const given = { baseline: 'known.json', reporters: ['console', ['json', '../out/report.json']] }
    expect(makeSource('file', given, { folder: '/project/app' }).values).toEqual({
      baseline: '/project/app/known.json',
      reporters: ['console', ['json', '/project/out/report.json']],
    })
  })

  test('every variable is read', () => {
    const env = {
      NONPLUS_ONLY: 'n-plus-one',
      NONPLUS_IGNORE: 'duplicate-query, n-plus-one',
      NONPLUS_REPORTER: 'console,json=report.json',
      NONPLUS_FAIL_ON: 'error',
      NONPLUS_BASELINE: 'known.json',
      NONPLUS_EXPLAIN_URL: 'dev.db',
      NONPLUS_OTHER: 'x',
    }
    expect(combineSources(readVariables(env, { cwd, reporterNames })).config).toEqual({
      only: ['n-plus-one'],
      ignore: ['duplicate-query', 'n-plus-one'],
      reporters: ['console', ['json', '/project/report.json']],
      failOn: ['error'],
      baseline: '/project/known.json',
      explainUrl: '/project/dev.db',
    })
  })

  test.each([
    ['NONPLUS_ONLY', 'n-plus-on', 'NONPLUS_ONLY: Unknown kind: `n-plus-on`. Did you mean `n-plus-one`?'],
    [
      'NONPLUS_FAIL_ON',
      'errror',
      'NONPLUS_FAIL_ON: Unknown severity or kind in `failOn`: `errror`. Did you mean `error`?',
    ],
    ['NONPLUS_REPORTER', 'jsn=x', 'NONPLUS_REPORTER: Unknown reporter: `jsn`. Did you mean `json`?'],
    ['NONPLUS_REPORTER', 'json=', expect.stringMatching(/^NONPLUS_REPORTER: `reporters` must be a list of names/)],
  ])('%s=%s fails and says so', (variable, value, message) => {
    expect(() => readVariables({ [variable]: value }, { cwd, reporterNames })).toThrow(
      expect.objectContaining({ name: 'NonplusError', message }),
    )
  })

  test('a reporter with its file in one string is told how to write it', () => {
    expect(() => checkReporterNames({ reporters: ['json=report.json' as 'json'] }, reporterNames)).toThrow(
      "Unknown reporter: `json=report.json`. Write ['json', 'report.json'].",
    )
  })

  test('what is for a profiler is told apart', () => {
    expect(pickOptions({ only: ['n-plus-one'], failOn: ['error'], quiet: true } as NonplusConfig)).toEqual({
      only: ['n-plus-one'],
    })
  })
})

test('the page names every option and every variable', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/config.md'), 'utf8')
  const [, table = ''] = /^## Options\n(.*?)^## /ms.exec(page) ?? []
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  const column = (index: number): string[] => rows.map((row) => row[index] ?? '').filter((cell) => /^\w+$/.test(cell))
  expect(column(1).sort()).toEqual(['option', ...configNames.filter((name) => name !== '$schema')].sort())
  expect(column(3).sort()).toEqual(['variable', 'NONPLUS', 'NONPLUS_CONFIG', ...configVariables].sort())
})

describe('the schema', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema as JSONSchemaType<NonplusConfig>)

  test('has every option there is, and no other', () => {
    expect(Object.keys(schema.properties).sort()).toEqual([...configNames].sort())
  })

  test('has every kind with all its options and their defaults, every reporter, and no other', () => {
    expect(schema.$defs.kind.enum).toEqual(findingKinds)
    expect(schema.$defs.reporter.enum).toEqual(reporterNames)
    const described = Object.entries<{ anyOf: [unknown, { properties: Record<string, { default: unknown }> }] }>(
      schema.properties.detectors.properties,
    ).map(([kind, { anyOf }]) => [
      kind,
      Object.fromEntries(Object.entries(anyOf[1].properties).map(([name, option]) => [name, option.default])),
    ])
    expect(described).toEqual(detectors.map(({ kind, defaults }) => [kind, defaults]))
  })

  const cases: [unknown, boolean][] = [
    [{}, true],
    [{ $schema: './node_modules/nonplus/schema/config.json' }, true],
    [{ detectors: { 'n-plus-one': { threshold: 10 }, 'duplicate-query': false } }, true],
    [{ only: ['n-plus-one'], ignore: [], callSites: 'none', http: false, jobs: true, processScope: false }, true],
    [{ reporters: ['console', ['json', 'report.json']], failOn: ['error', 'n-plus-one'] }, true],
    [{ baseline: 'known.json', quiet: true }, true],
    [[], false],
    [null, false],
    [{ failon: [] }, false],
    [{ only: 'n-plus-one' }, false],
    [{ ignore: ['n-plus-two'] }, false],
    [{ detectors: { 'n-plus-one': { threshold: 1 } } }, false],
    [{ detectors: { 'n-plus-one': { threshold: 2.5 } } }, false],
    [{ detectors: { 'n-plus-one': true } }, false],
    [{ detectors: { 'n-plus-one': { limit: 3 } } }, false],
    [{ callSites: 'some' }, false],
    [{ http: 1 }, false],
    [{ jobs: null }, false],
    [{ reporters: 'json' }, false],
    [{ reporters: [['json']] }, false],
    [{ reporters: [['json', '']] }, false],
    [{ reporters: [['json', 'a', 'b']] }, false],
    [{ reporters: ['jsn'] }, false],
    [{ failOn: ['fatal'] }, false],
    [{ baseline: '' }, false],
    [{ quiet: 'yes' }, false],
  ]

  test.each(cases)('and the program say the same of %j: %s', (given, isValid) => {
    expect(validate(given)).toBe(isValid)
    const check = (): void => checkReporterNames(checkConfig(given), reporterNames)
    if (isValid) check()
    else expect(check).toThrow(expect.objectContaining({ name: 'NonplusError' }))
  })
})
