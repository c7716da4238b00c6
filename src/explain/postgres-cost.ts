import type { SideRow } from '../model/side-connection.ts'

/** What the choice of indexes needs of a plan. */
export interface PostgresCost {
  readonly cost: number
  readonly rows: number
  /** Names of the indexes that the plan reads. */
  readonly indexes: ReadonlySet<string>
}

interface PlanTree {
  readonly 'Total Cost'?: number
  readonly 'Plan Rows'?: number
  readonly 'Index Name'?: string
  readonly Plans?: readonly PlanTree[]
}

/** Reads the answer of EXPLAIN (FORMAT JSON), whose one cell is a text or was parsed by the driver. */
export function postgresCost(rows: readonly SideRow[]): PostgresCost {
  const cell = Object.values(rows[0] ?? {})[0]
  const [{ Plan }] = (typeof cell === 'string' ? JSON.parse(cell) : cell) as [{ Plan: PlanTree }]
  return { cost: Plan['Total Cost'] ?? 0, rows: Plan['Plan Rows'] ?? 0, indexes: new Set(indexesOf(Plan)) }
}

function indexesOf(node: PlanTree): string[] {
  const own = node['Index Name'] === undefined ? [] : [node['Index Name']]
  return [...own, ...(node.Plans ?? []).flatMap(indexesOf)]
}
