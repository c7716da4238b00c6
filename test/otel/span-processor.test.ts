import { beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { nodeVersions } from '../node-versions.ts'
import { isInstalled, type Sdk, sdk1, sdk2, sdk3 } from './run-app.ts'
import { type LoopsRun, runLoops } from './run-loops.ts'

/** What is found in each request of `loops.cjs`, by its name. */
const FOUND: Readonly<Record<string, string>> = {
  'GET /sequential': 'n-plus-one (likely) 7 × SELECT authors, keys not seen',
  'GET /settings': 'duplicate-query (likely) 2 × SELECT authors with the same parameters',
  'GET /literals': 'n-plus-one (likely) 5 × SELECT authors with 5 different keys',
}

/** By the name of the scope; each has one finding. */
function foundIn(reports: readonly Report[]): Record<string, string> {
  return Object.fromEntries(
    reports.map(({ scopes: [scope], findings: [finding, ...others] }) => {
      expect(others).toEqual([])
      return [scope?.name, `${finding?.kind} (${finding?.confidence}) ${finding?.title}`]
    }),
  )
}

function describeProcessor(sdk: Sdk, node: string, driver: 'pg' | 'mysql2', createUrl: () => Promise<string>): void {
  let run: LoopsRun

  beforeAll(async () => {
    run = await runLoops({ sdk, node, driver, url: await createUrl() })
  })

  test('finds what it can, and nothing in pages, batches and failures', () => {
    const { 'GET /together': together, ...others } = foundIn(run.reports)
    expect(others).toEqual(FOUND)
    // mysql2's own instrumentation puts what waited for a connection under no request, or under another one
    if (driver === 'pg') expect(together).toBe('n-plus-one (likely) 6 × SELECT authors, keys not seen')
  })

  test('counts the queries of a request', () => {
    const [sequential] = run.reports
    expect(sequential?.scopes).toMatchObject([{ name: 'GET /sequential', kind: 'request', queries: { count: 8 } }])
    expect(sequential?.findings[0]).toMatchObject({ concurrent: false, count: 7 })
  })

  test('sends an event of each finding, on the span of its request', () => {
    expect(run.events).toHaveLength(run.reports.length)
    for (const [index, { attributes, spanContext, body, severityNumber }] of run.events.entries()) {
      const { scopes, findings } = run.reports[index] as Report
      expect(`${spanContext.traceId}-${spanContext.spanId}`).toBe(scopes[0]?.id)
      expect(body).toBe(findings[0]?.title)
      expect(severityNumber).toBe(13)
      expect(attributes).toMatchObject({
        'nonplus.finding.kind': findings[0]?.kind,
        'nonplus.scope.name': scopes[0]?.name,
      })
      expect((attributes['nonplus.finding.span_ids'] as string[]).length).toBeGreaterThanOrEqual(2)
      if (sdk !== sdk1) expect(run.events[index]?.eventName).toBe('nonplus.finding')
    }
  })

  test.skipIf(sdk === sdk1)('puts the numbers on the span of the request, where the SDK tells of its end ahead', () => {
    const ids = new Map(run.reports.map(({ scopes, findings }) => [scopes[0]?.id, findings.length]))
    const judged = run.servers.filter(({ attributes }) => 'nonplus.findings' in attributes)
    expect(judged.length).toBeGreaterThanOrEqual(run.reports.length)
    for (const { traceId, spanId, attributes } of judged) {
      expect(attributes['nonplus.findings']).toBe(ids.get(`${traceId}-${spanId}`) ?? 0)
      expect(attributes['nonplus.db.query.count']).toBeGreaterThan(0)
    }
  })

  test('says whose spans they were, and what they lack', () => {
    const { drivers, warnings, seen, attributed } = run.coverage
    expect(drivers).toMatchObject([{ name: `@opentelemetry/instrumentation-${driver}`, via: 'spans' }])
    expect(warnings[0]).toMatch(/^Spans hold no parameters/)
    // 22 before the first request
    expect(warnings.some((warning) => /^\d+ spans of statements are in no request/.test(warning))).toBe(true)
    expect(seen).toBeGreaterThan(attributed)
  })
}

describe.each([
  [sdk1, process.execPath],
  [sdk2, process.execPath],
  [sdk3, nodeVersions.find(({ version }) => Number(version.split('.')[0]) >= 24)?.execPath],
] as const)('$name', (sdk, node) => {
  const isMissing = !isInstalled(sdk) || node === undefined
  const note = isMissing ? ` (SKIPPED: npm ci --prefix ${/test.[^/\\]+/.exec(sdk.folder)?.[0]})` : ''
  describe.skipIf(isMissing)(`pg${note}`, () => {
    describeProcessor(sdk, node as string, 'pg', () => createDatabase('spans'))
  })

  const hasMysql = process.env.NONPLUS_TEST_MYSQL_URL !== undefined
  describe.skipIf(isMissing || !hasMysql)(`mysql2${note}${hasMysql ? '' : ` (SKIPPED: ${HOW_TO_GET_MYSQL})`}`, () => {
    describeProcessor(sdk, node as string, 'mysql2', () => createMysqlDatabase('spans'))

    test('tells of spans under the wrong parent, with a pool of two and six requests at once', async () => {
      const url = await createMysqlDatabase('spans')
      const { coverage } = await runLoops({ sdk, node: node as string, driver: 'mysql2', url, hasCrowd: true })
      expect(coverage.warnings.join('\n')).toMatch(/\d+ spans of statements are under the wrong parent/)
    })
  })
})
