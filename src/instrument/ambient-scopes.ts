import type { StatementMessage } from './message.ts'
import type { Scope } from './scope.ts'

/** Takes the statements that are sent where no scope is open. */
export interface AmbientScopes {
  /** Called when it takes its first statement; returns what is called when it takes no more. */
  onStart?: (() => () => void) | undefined
  /** The scope that a statement sent now belongs to. */
  current(): Scope
  /** The unit of work that is open, where it is known to be: what blocks and requests are part of. */
  window(): Scope | undefined
  /** Those that are not closed yet. */
  unclosed(): readonly Scope[]
  /** Tells that the application has nothing more to do; not where tests are the work. */
  rest?(): void
  /** Notes a statement of {@link current}. */
  note(message: StatementMessage): void
  /** The process has opened a scope of its own. */
  retire(): void
  /** The process is about to end, by itself or by a signal. */
  finish(ending: 'exit' | 'signal'): void
}
