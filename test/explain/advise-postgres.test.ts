import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pgConnection } from '../../src/explain/pg-connection.ts'
import { closePglite } from '../../src/explain/pglite-server.ts'
import type { ExplainMode } from '../../src/explain/request.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { ExplainedStatement } from '../../src/model/plan.ts'
import { HOW_TO_GET_POSTGRES_15, postgres15Server } from '../postgres-15-server.ts'
import { type ExplainCase, readCases } from './read-case.ts'

const fifteen = await postgres15Server()

afterAll(async () => {
  await closePglite()
  await fifteen?.stop()
})

/** A backend, and the server it is tried on. */
interface Backend {
  readonly url: () => string
  readonly verifiedBy: ExplainedStatement['verifiedBy']
  readonly scratch?: boolean
  /** Other backends that may step in: HypoPG knows nothing but btree. */
  readonly besides?: readonly string[]
  readonly prepare?: string
}

const eighteenUrl = (): string => process.env.NONPLUS_TEST_POSTGRES_URL as string

describe('in a clone in PGlite, PostgreSQL 18', () => {
  describeCases({ url: eighteenUrl, verifiedBy: 'pglite' })
})

describe.skipIf(fifteen === undefined)(`with HypoPG, PostgreSQL 15 (else: ${HOW_TO_GET_POSTGRES_15})`, () => {
  describeCases({
    url: () => fifteen?.url as string,
    verifiedBy: 'hypopg',
    besides: ['pglite'],
    prepare: 'create extension hypopg',
  })
})

function describeCases({ url, verifiedBy, scratch = false, besides = [], prepare }: Backend): void {
  const database = `nonplus_advice_${verifiedBy?.replaceAll(/\W/g, '_')}_${process.pid}`
  const own = (): string => {
    const of = new URL(url())
    of.pathname = database
    return of.href
  }
  const admin = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url() })
    await client.connect()
    await client.query(text)
    await client.end()
  }

  beforeAll(() => admin(`create database ${database}`))
  afterAll(() => admin(`drop database ${database} with (force)`))

  test.each(readCases('postgres').map((each) => [each.id, each] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, each) => {
      const client = new pg.Client({ connectionString: own() })
      await client.connect()
      try {
        if (prepare !== undefined) await client.query(prepare).catch(() => undefined) // of the case before
        const session = await setUp(client, each)
        const advised = (mode: ExplainMode): Promise<Advised> => advise(client, each, session, mode, scratch)
        const wanted = wantedOf(each)
        const planned = await advised('plan')
        // what only an execution shows is not advised from a plan
        expect([wanted, []]).toContainEqual(planned.ddl)
        const shown = each.isPlanOnly ? planned : await advised('analyze')
        expect(shown.ddl).toEqual(wanted)
        if (wanted.length > 0) expect([verifiedBy, ...besides]).toContain(shown.verifiedBy)
        if (each.minCostRatio !== undefined && !each.id.includes('function')) {
          expect(shown.ratio).toBeGreaterThanOrEqual(each.minCostRatio)
        }
        for (const text of each.fix) await client.query(text)
        const fixed = await advised(each.isPlanOnly ? 'plan' : 'analyze')
        if (each.fix.length > 0) expect(fixed.ddl).toEqual([])
        // an index of an expression has statistics of its own, which none that is tried has
        if (wanted.length > 0 && !/lower|gin/.test(wanted.join())) {
          expect(fixed.cost / shown.costAfter).toBeGreaterThan(0.85)
          expect(fixed.cost / shown.costAfter).toBeLessThan(1.15)
        }
        const { rows } = await client.query("select indexname from pg_indexes where indexname like '%nonplus%'")
        expect(rows).toEqual([])
      } finally {
        await client.query('drop schema if exists trial cascade').catch(() => undefined)
        await client.query('drop extension if exists pg_trgm').catch(() => undefined)
        await client.end()
      }
    },
  )
}

async function setUp(client: pg.Client, each: ExplainCase): Promise<readonly string[]> {
  await client.query('create schema trial')
  const session = ['set search_path = trial, public', ...each.session]
  for (const text of [session[0] as string, ...each.setup]) await client.query(text)
  return session
}

interface Advised {
  readonly ddl: readonly string[]
  readonly verifiedBy: ExplainedStatement['verifiedBy']
  readonly ratio: number
  /** Of the plan as it is, and as it would be. */
  readonly cost: number
  readonly costAfter: number
}

async function advise(
  client: pg.Client,
  each: ExplainCase,
  session: readonly string[],
  mode: ExplainMode,
  scratch: boolean,
): Promise<Advised> {
  const connection = await pgConnection(client as never)
  const outcome = await studyStatement(connection, {
    text: each.query,
    dialect: 'postgresql',
    mode,
    session,
    timeoutMs: 20_000,
    scratch,
    vectors: [{ values: each.params, executions: 1 }],
  })
  if ('refusal' in outcome) throw new Error(outcome.refusal.message)
  const { indexes, verifiedBy } = outcome.explained
  const [first] = indexes
  return {
    ddl: indexes.map(({ ddl }) => plain(ddl)).sort(),
    verifiedBy,
    cost: outcome.explained.plans[0]?.plan.root.totalCost ?? 0,
    costAfter: first?.costAfter ?? 0,
    ratio: first === undefined ? 1 : first.costBefore / first.costAfter,
  }
}

/** Indexes that the fix of a case makes; what it does beside is no index, and none may be advised for it. */
function wantedOf({ fix }: ExplainCase): string[] {
  return fix.filter((text) => /create index/i.test(text)).map(plain)
}

/** A statement as far as it counts: the index, without spaces, schema and what its extension takes. */
function plain(ddl: string): string {
  const index = ddl.split(';').find((text) => /create index/i.test(text)) ?? ''
  return index
    .toLowerCase()
    .replaceAll('trial.', '')
    .replaceAll(/\s*\(\s*/g, '(')
    .replaceAll(/\s*,\s*/g, ',')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
