import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { readPlan } from '../../src/explain/read-plan.ts'
import type { Plan, PlanNode } from '../../src/model/plan.ts'
import { createDatabase } from '../create-database.ts'
import { postgres15Server } from '../postgres-15-server.ts'
import { textSchema, textSettings, textStatements } from './text-statements.ts'

const fifteen = await postgres15Server()
const opened: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of opened.reverse()) await close()
})

async function databaseOf(server: string): Promise<pg.Client> {
  const url = server === '15' ? await fifteenDatabase() : await createDatabase('text_plans')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  opened.push(() => client.end())
  for (const statement of textSchema.split(/;\n/)) await client.query(statement)
  await client.query('vacuum analyze')
  return client
}

async function fifteenDatabase(): Promise<string> {
  const name = `text_plans_${process.pid}`
  const admin = new pg.Client({ connectionString: fifteen?.url ?? '' })
  await admin.connect()
  await admin.query(`create database ${name}`)
  opened.push(async () => {
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
    await fifteen?.stop()
  })
  const url = new URL(fifteen?.url ?? '')
  url.pathname = name
  return url.href
}

/** What EXPLAIN prints, or undefined where the statement is none that it can: MERGE on 15 cannot be changed back. */
async function explained(client: pg.Client, options: string, sql: string): Promise<string> {
  await client.query('begin')
  try {
    const { rows } = await client.query({ text: `explain (${options}) ${sql}`, types: { getTypeParser: () => String } })
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    await client.query('rollback')
  }
}

/** Without what two executions never have in common: their times. */
function untimed(plan: Plan): unknown {
  const { format: _, planningTime, executionTime, jit, triggers, ...rest } = plan
  const jitFunctions = jit?.functions
  const fired = triggers?.map(({ timeMs, ...trigger }) => trigger)
  const isTimed = [planningTime, executionTime].map((time) => time !== undefined)
  return { ...rest, isTimed, jitFunctions, fired, root: untimedNode(plan.root) }
}

function untimedNode(node: PlanNode): unknown {
  const { actualTotalTime, self, buffers, ...rest } = node
  const { timeMs: _, ...own } = self
  // Where a node used no block, the text does not say whether they were counted.
  const used = Object.values(buffers ?? {}).some((count) => count > 0) ? { buffers } : {}
  const isTimed = actualTotalTime !== undefined
  return { ...rest, ...used, isTimed, self: own, children: node.children.map(untimedNode) }
}

/** Entries of indexes and blocks that a write which was rolled back leaves behind are read by the next one. */
function withoutLeftovers(plan: unknown): unknown {
  const left = new Set(['buffers', 'exactHeapBlocks', 'self', 'startupCost', 'totalCost', 'planRows'])
  return JSON.parse(JSON.stringify(plan), (key, value) => {
    if (left.has(key)) return undefined
    return value?.op === 'bitmap-index-scan' ? { ...value, actualRows: undefined } : value
  })
}

const ways = {
  'as planned': 'verbose, settings',
  'without VERBOSE': 'costs',
  executed: 'analyze, timing off, buffers, verbose, settings',
  'executed, without VERBOSE and BUFFERS': 'analyze, buffers off',
} as const

describe.each([['18'], ...(fifteen === undefined ? [] : [['15']])])('PostgreSQL %s', (server) => {
  const client = databaseOf(server)

  test.each(Object.keys(textSettings))(
    '%s: the text of a plan says what its JSON says',
    { timeout: 120_000 },
    async (settings) => {
      const to = await client
      await to.query('discard all')
      for (const setting of textSettings[settings] ?? []) await to.query(setting)
      let compared = 0
      for (const sql of textStatements) {
        for (const [way, options] of Object.entries(ways)) {
          // Of workers it is chance who reads how much.
          if (settings === 'parallel' && way.startsWith('executed')) continue
          const isWrite = way.startsWith('executed') && /^(?:with d|insert|update|delete|merge)/.test(sql)
          const read = isWrite ? (plan: Plan) => withoutLeftovers(untimed(plan)) : untimed
          if (way === 'executed') await explained(to, options, sql) // so that both find the same blocks in memory
          const both = async (): Promise<[text: string, ofText: unknown, ofJson: unknown]> => {
            const json = await explained(to, `${options}, format json`, sql)
            const text = await explained(to, options, sql)
            return [text, read(readPlan(text)), read(readPlan(json))]
          }
          let [text, ofText, ofJson] = await both()
          // the server may have analyzed a table, or taken a page away from the cache, between the two
          for (let again = 0; again < 2 && !isDeepStrictEqual(ofText, ofJson); again++)
            [text, ofText, ofJson] = await both()
          expect.soft(ofText, `${way}: ${sql}\n${text}`).toEqual(ofJson)
          compared++
        }
      }
      expect(compared).toBeGreaterThanOrEqual(textStatements.length)
    },
  )
})
