import { describeRunners } from './describe-runners.ts'
import { type VitestPool, vitestRunners } from './runners.ts'

const pools: readonly VitestPool[] = [
  { pool: 'threads', isolate: true },
  { pool: 'vmThreads', isolate: true },
  { pool: 'vmForks', isolate: true },
  { pool: 'forks', isolate: false },
]

describeRunners('Vitest', vitestRunners(), pools.flatMap(vitestRunners))
