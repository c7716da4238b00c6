export type Engine = 'PostgreSQL' | 'MariaDB' | 'SQLite' | 'PGlite'
export type Scenario = 'cold' | 'warm' | 'contended'

export interface Stack {
  file: string
  package: string
  driver: string
  engine: Engine
}

export const stacks: Stack[]
export const scenarios: Scenario[]
export function isInstalled(stack: Stack): boolean
