import { postgresPlan } from '../../src/explain/postgres-plan.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import { nodesOf, type Plan } from '../../src/model/plan.ts'
import type { Report, ReportPlan } from '../../src/model/report.ts'
import { feedScope, frameAt, reportOf, sequential, server } from './fixtures.ts'

/** A part of EXPLAIN (FORMAT JSON), as PostgreSQL 18 prints it. */
type Json = Readonly<Record<string, unknown>>

const scan: Json = {
  'Node Type': 'Seq Scan',
  'Parent Relationship': 'Outer',
  'Relation Name': 'comments',
  Schema: 'public',
  Alias: 'c',
  'Startup Cost': 0,
  'Total Cost': 11_842.1,
  'Plan Rows': 18,
  'Plan Width': 96,
  'Actual Total Time': 41.7,
  'Actual Rows': 20,
  'Actual Loops': 1,
  Output: ['c.id', 'c.post_id', 'c.body'],
  Filter: '(c.post_id = ?)',
  'Rows Removed by Filter': 199_980,
}

const indexScan: Json = {
  'Node Type': 'Index Scan',
  'Parent Relationship': 'Outer',
  'Relation Name': 'comments',
  Schema: 'public',
  Alias: 'c',
  'Index Name': 'comments_post_id_idx',
  'Index Cond': '(c.post_id = ?)',
  'Startup Cost': 0.4,
  'Total Cost': 60.7,
  'Plan Rows': 18,
  'Plan Width': 96,
  'Actual Total Time': 0.08,
  'Actual Rows': 20,
  'Actual Loops': 1,
}

function sorted(below: Json, totalCost: number, time: number): Json {
  return {
    'Node Type': 'Sort',
    'Startup Cost': totalCost - 1,
    'Total Cost': totalCost,
    'Plan Rows': 18,
    'Plan Width': 96,
    'Actual Total Time': time,
    'Actual Rows': 20,
    'Actual Loops': 1,
    'Sort Key': ['c.created_at DESC'],
    'Sort Method': 'quicksort',
    'Sort Space Type': 'Memory',
    'Sort Space Used': 27,
    Plans: [below],
  }
}

const planOf = (node: Json, time: number): Plan =>
  postgresPlan([{ Plan: node, 'Planning Time': 0.2, 'Execution Time': time, Settings: { work_mem: '8MB' } }], {
    serverVersion: '18.4',
  })

/** A table that is read whole, and the same with an index. */
export const scanPlan: Plan = planOf(sorted(scan, 11_842.6, 42.1), 42.4)
export const indexPlan: Plan = planOf(sorted(indexScan, 61.2, 0.1), 0.3)

const nested = (depth: number): Json => ({
  'Node Type': 'Nested Loop',
  'Total Cost': 100 * depth,
  'Plan Rows': 1,
  Plans: depth === 0 ? [scan, scan] : [nested(depth - 1), { ...scan, 'Relation Name': `table_${depth}` }],
})

/** With more nodes than a report keeps; only planned. */
export const largePlan: Plan = { ...planOf(nested(60), 0), mode: 'plan' }

/** Node of a plan that reads this table, as a finding names it. */
export function nodeReading(plan: Plan, relation: string): number {
  return nodesOf(plan.root).find((node) => node.relation === relation)?.id ?? -1
}

export const missingIndex: PlanFinding = {
  kind: 'missing-index',
  confidence: 'proven',
  severity: 'error',
  identity: 'missing-index:a11ce0fab1e5eed5',
  scope: { id: 's2', name: 'GET /feed' },
  title: 'comments is read whole for post_id: 200,000 rows for 20',
  explanation: 'No index leads with post_id, so each of 200,000 rows was read and 199,980 were thrown away.',
  docs: sequential.docs,
  callSite: frameAt('feed', "db.query('select * from comments", ''),
  frames: [frameAt('feed', "db.query('select * from comments", ''), server],
  statement: {
    fingerprint: 'select * from comments c where post_id = ? order by created_at desc',
    text: 'select * from comments c where post_id = $1 order by created_at desc',
    summary: 'SELECT comments',
    tables: ['comments'],
  },
  count: 3,
  durationMs: 126.3,
  rows: 60,
  concurrent: false,
  advice: {
    summary: 'Add an index on comments (post_id, created_at).',
    ddl: ['CREATE INDEX ON comments (post_id, created_at)'],
    migration: {
      name: 'a migration of knex',
      code:
        'export const up = (knex) =>\n' +
        "  knex.schema.alterTable('comments', (table) => table.index(['post_id', 'created_at']))\n",
    },
  },
  executions: [1, 2, 3],
  plan: {
    engine: 'postgres',
    evidence: 'verified',
    plan: scanPlan,
    node: nodeReading(scanPlan, 'comments'),
    table: 'comments',
    columns: ['post_id', 'created_at'],
    share: 0.99,
    impactMs: 125,
    verified: {
      ddl: 'CREATE INDEX ON comments (post_id, created_at)',
      table: 'comments',
      columns: ['post_id', 'created_at'],
      method: 'btree',
      costBefore: 11_842.6,
      costAfter: 61.2,
      verifiedBy: 'hypopg',
      bytes: 4_412_416,
      replaces: 'comments_created_at_idx',
      purpose: 'filter',
    },
  },
}

const { callSite: _, ...unplaced } = missingIndex

/** Of a plan that is too large to be shown whole, and without anything to verify. */
export const staleStatistics: PlanFinding = {
  ...unplaced,
  kind: 'stale-statistics',
  confidence: 'likely',
  severity: 'warning',
  identity: 'stale-statistics:57a1e57a1e57a1e5',
  title: 'table_2 has changed by half since its statistics were taken',
  explanation: 'The planner takes table_2 for half as large as it is.',
  frames: [],
  advice: { summary: 'Take its statistics again.', ddl: ['ANALYZE table_2;'] },
  plan: {
    engine: 'postgres',
    evidence: 'catalog',
    plan: largePlan,
    node: nodeReading(largePlan, 'table_2'),
    table: 'table_2',
    share: 0.02,
    impactMs: 2,
  },
}

export const reportPlan: ReportPlan = {
  fingerprint: missingIndex.statement.fingerprint,
  summary: 'SELECT comments',
  scopes: ['GET /feed'],
  plan: scanPlan,
  tableRows: { comments: 200_000 },
  indexes: ['comments.comments_pkey'],
}

const report = reportOf([missingIndex, staleStatistics], [feedScope])

/** Findings in plans, the plans, and what was not explained. */
export const planReport: Report = {
  ...report,
  plans: [reportPlan, { ...reportPlan, fingerprint: 'select ?', plan: largePlan }],
  coverage: {
    ...report.coverage,
    plans: {
      explained: 2,
      notExplained: [
        { code: 'locks-rows', message: 'It locks rows.', count: 2, example: 'SELECT jobs' },
        { code: 'no-privilege', message: 'Its role may not read a table.', count: 1, example: 'SELECT audit' },
      ],
    },
  },
}
