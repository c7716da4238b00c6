import type { Plan } from '../model/plan.ts'
import type { SideRow } from '../model/side-connection.ts'
import type { IndexUse } from './index-trial.ts'
import { readPlan } from './read-plan.ts'

/** What the choice of indexes needs of a plan. */
export interface PostgresCost {
  readonly cost: number
  readonly rows: number
  /** Indexes that the plan reads, by name; true where rows that it gives are filtered further. */
  readonly indexes: ReadonlyMap<string, boolean>
}

interface PlanTree {
  readonly 'Total Cost'?: number
  readonly 'Plan Rows'?: number
  readonly 'Index Name'?: string
  readonly Filter?: string
  readonly Plans?: readonly PlanTree[]
}

/** Reads the answer of EXPLAIN (FORMAT JSON), whose one cell is a text or was parsed by the driver. */
export function postgresCost(rows: readonly SideRow[]): PostgresCost {
  const cell = Object.values(rows[0] ?? {})[0]
  const [{ Plan }] = (typeof cell === 'string' ? JSON.parse(cell) : cell) as [{ Plan: PlanTree }]
  const indexes = new Map<string, boolean>()
  collectIndexes(Plan, false, indexes)
  return { cost: Plan['Total Cost'] ?? 0, rows: Plan['Plan Rows'] ?? 0, indexes }
}

/** The whole of it. */
export function postgresPlanOf(rows: readonly SideRow[], serverVersion: string): Plan {
  return readPlan(Object.values(rows[0] ?? {})[0], { engine: 'postgres', serverVersion, mode: 'plan' })
}

/** How a plan uses an index of this name. */
export function useOf(indexes: PostgresCost['indexes'], name: string): IndexUse {
  const isFiltered = indexes.get(name)
  return isFiltered === undefined ? 'none' : isFiltered ? 'partly' : 'fully'
}

/** A bitmap of an index is filtered by the node that reads the table with it. */
function collectIndexes(node: PlanTree, isFilteredAbove: boolean, indexes: Map<string, boolean>): void {
  const isFiltered = node.Filter !== undefined
  const name = node['Index Name']
  if (name !== undefined) indexes.set(name, isFiltered || isFilteredAbove || indexes.get(name) === true)
  for (const child of node.Plans ?? []) collectIndexes(child, isFiltered, indexes)
}
