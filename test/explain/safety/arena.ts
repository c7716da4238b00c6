import type { SideConnection } from '../../../src/model/side-connection.ts'
import type { Dialect } from '../../../src/model/statement.ts'

/** Something that tries to make an explanation write, lock or hang. */
export interface Attempt {
  readonly name: string
  readonly text: string
  readonly values?: readonly unknown[]
  readonly session?: readonly string[]
}

/** A server with things to break, and eyes on them. */
export interface Arena {
  readonly dialect: Dialect
  /** The connection that explains. */
  readonly side: SideConnection
  /** All that may not change, as a text: rows, sequences, locks of sessions, files, other connections. */
  state(): Promise<string>
  /** What the explaining connection holds now: locks of rows and named ones. Empty for none. */
  held(): Promise<string>
  /** Explains as somebody does who does not know better, in a transaction that is committed. Leaves what it leaves. */
  byHand(attempt: Attempt, mode: 'plan' | 'analyze'): Promise<'answers' | 'fails' | 'hangs' | 'locks'>
  /** Sets everything up again. */
  reset(): Promise<void>
  close(): Promise<void>
}
