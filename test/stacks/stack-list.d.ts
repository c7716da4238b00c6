export type Engine = 'PostgreSQL' | 'MariaDB' | 'SQLite' | 'PGlite'
export type Scenario = 'cold' | 'warm' | 'contended'

export interface Stack {
  file: string
  package: string
  driver: string
  engine: Engine
  /** What a finding calls the ORM; absent for a driver. */
  orm?: string
  /** Oldest Node it runs on, where that is newer than the oldest of nonplus. */
  node?: number
}

export const stacks: Stack[]
export const scenarios: Scenario[]
export function howToGet(stack: Stack): string | undefined
export function nodeFor(stack: Pick<Stack, 'node'>): string
