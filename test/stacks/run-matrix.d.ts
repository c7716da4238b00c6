import type { Scenario, Stack } from './stack-list.js'

/** `[seen, wanted]`. */
export type Count = [number, number]

export interface Cell {
  stack: string
  driver: string
  scenario: Scenario
  shape: string
  ended: Count
  traced: Count
  children: Count
  executions: Count
  parents: Count
  inScope: Count
  othersInScope: Count
  onLine: Count
  parentOnLine: Count
  falselyConcurrent: Count
  findings: Count
  orm: Count
  problems: string[]
}

export function runStack(stack: Pick<Stack, 'file' | 'driver' | 'node'>, databaseUrl: string): Promise<Cell[]>
export function shortfalls(cell: Cell): string[]
