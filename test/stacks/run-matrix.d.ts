/** `[seen, wanted]`. */
export type Count = [number, number]

export interface Cell {
  stack: string
  scenario: string
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
  problems: string[]
}

export function runStack(stack: string, scenario: string, databaseUrl: string): Promise<Cell[]>
export function shortfalls(cell: Cell): string[]
