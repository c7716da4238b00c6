import type { Batch } from './batch-of.ts'
import type { RefusalCode } from './explain/refusals.ts'
import type { ExplainedStatement, Refusal } from './model/plan.ts'
import type { Dialect, Statement } from './model/statement.ts'
import type { SideTarget } from './side-connections.ts'
import type { CandidateClass } from './study-candidates.ts'

/** What was learnt of one class of parameters. */
export interface StudiedClass {
  readonly key: string
  readonly plan: ExplainedStatement['plans'][number]['plan']
}

/** One statement on one server: what is to be learnt of it, and what was. */
export class Study {
  readonly statement: Statement
  readonly dialect: Dialect
  /** Absent where no connection can be opened to where it was sent. */
  readonly target: SideTarget | undefined
  /** Classes that nobody has asked about yet. */
  waiting: CandidateClass[] = []
  /** Keys of all classes that were ever taken up. */
  readonly taken: Set<string> = new Set()
  readonly classes: StudiedClass[] = []
  /** What is to be asked beside them: one statement in place of a loop. Asked for once. */
  batch: Batch | undefined
  isBatchAsked = false
  explained: Omit<ExplainedStatement, 'statement' | 'plans'> | undefined
  /** Why it was not explained; of the first attempt that failed. */
  refusal: Refusal | undefined
  /** Steps beside the plan that failed. */
  incomplete: readonly Refusal[] = []
  isRunning = false
  /** Of its executions so far; those that took longest are studied first. */
  durationMs = 0
  noIndexUsed = false
  /** Names of scopes it ran in, a few. */
  readonly scopes: Set<string> = new Set()
  /** Called once when it is settled, whichever way. */
  readonly listeners: Set<() => void> = new Set()

  constructor(statement: Statement, dialect: Dialect, target: SideTarget | undefined) {
    this.statement = statement
    this.dialect = dialect
    this.target = target
  }

  /** True where nothing is left to learn for now. */
  get isSettled(): boolean {
    return !this.isRunning && this.waiting.length === 0
  }

  settle(): void {
    if (!this.isSettled) return
    const listeners = [...this.listeners]
    this.listeners.clear()
    for (const listener of listeners) listener()
  }
}

/** Code of a refusal that this process itself is the reason of. */
export type OwnRefusal = Extract<
  RefusalCode,
  'connection-failed' | 'driver-unsupported' | 'rate-limited' | 'process-ended'
>
