import type { ExplainedStatement } from './plan.ts'
import type { Dialect, Statement } from './statement.ts'

/** One line of code, as it should be shown: mapped to the source, relative to nothing. */
export interface Frame {
  /** Absolute path, or a URL where there is no file. Reports make it relative to the working directory. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based. */
  readonly column: number
  /** Name of the enclosing function; empty at the top level of a module. */
  readonly function: string
}

/** Application frames above the driver, innermost first, at most four. */
export interface CallSite {
  readonly frames: readonly Frame[]
  /** The stack ran through `await Promise.all(…)` (or allSettled, any): the statement ran beside others. */
  readonly concurrent: boolean
  /**
   * Index of the first frame that was not on the stack, but awaited what was: its position is that of the `await`, where
   * on the stack it is that of the call. Absent where all were on it, or where that is not known.
   */
  readonly awaiting?: number
}

/** What the unit of work is. */
export type ScopeKind = 'request' | 'job' | 'test' | 'block' | 'trace'

/** The unit of work in which repetition is judged, as it was when it closed. */
export interface ScopeInfo {
  /** Unique in the process that made it: `s1`, `s2`, …. */
  readonly id: string
  /** `GET /posts/:id`, the name given to `profile()`, …. */
  readonly name: string
  readonly kind: ScopeKind
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** By the OpenTelemetry conventions where one fits: `http.route`, `http.response.status_code`, …. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/**
 * Stands for one value: equal tokens are equal values, whatever their type was in the driver (5, '5' and 5n are one
 * token). The values themselves stay out of the trace, so that a saved trace holds nobody's data. 0 is NULL.
 */
export type ValueToken = number

/** A value, or the values inside a list, an array or a JSON document. */
export type Cell = ValueToken | readonly ValueToken[]

/** What is kept of a value: enough to tell a telling match from a chance one. */
export interface ValueInfo {
  readonly type: 'null' | 'boolean' | 'integer' | 'number' | 'text' | 'uuid' | 'date' | 'binary' | 'json'
  /** Digits of a number, characters of a text, bytes of a binary. */
  readonly size: number
}

/** Column of a result, with its position in the row. */
export interface ResultColumn {
  readonly name: string
  /** Table and column the driver says the values came from, in the engine's own numbering. Equal means same column. */
  readonly origin?: string
}

/** Rows of a result, by column: `values[c][r]`. May hold fewer rows than the execution read. */
export interface ResultSample {
  readonly columns: readonly ResultColumn[]
  readonly values: readonly (readonly Cell[])[]
}

/** One run of a statement. */
export interface Execution {
  /** Position in start order, from 0; gaps are executions that were folded. */
  readonly id: number
  /** Index into {@link Trace.statements}. */
  readonly statement: number
  /** Index into {@link Trace.callSites}; absent where no application frame was found. */
  readonly callSite?: number
  /** Index into {@link Trace.spanPaths}; of executions that were read from spans. */
  readonly spanPath?: number
  /** GraphQL field whose resolver sent it, the same for every element of a list: `Query.posts[].author`. */
  readonly field?: string
  /** Since the scope began. */
  readonly startMs: number
  /** From the call to the last row; includes {@link waitMs}. -1 while it had not ended when the scope closed. */
  readonly durationMs: number
  /** Time spent waiting for a connection of the pool, where the driver call went through one. */
  readonly waitMs?: number
  /** Rows read or changed. */
  readonly rows?: number
  /** Code of the error it ended in, or its class name. */
  readonly error?: string
  /** Same number, same connection. */
  readonly connection?: number
  /** True where rows reached the application before the execution had ended: cursors and streams. */
  readonly isStreamed?: boolean
  /**
   * The server said that it read some table without an index, or with none that is good: MySQL and MariaDB do, of each
   * statement. Also where all rows were asked for, or the table is too small for its index to pay.
   */
  readonly noIndexUsed?: true
  /** ORM or query builder that sent it, in lower case: `typeorm`, `prisma`, …; absent where none is known. */
  readonly orm?: string
  /** Calls it was sent for; absent where the ORM does not tell, and where no call site was taken. Prisma tells. */
  readonly operations?: Operations
  /** One entry per slot of the statement. Absent where the values are not known. */
  readonly parameters?: readonly Cell[]
  /** Kept where later statements may have used its values. */
  readonly result?: ResultSample
}

/** Calls of an ORM that an execution was sent for. */
export interface Operations {
  /** `Author.findUnique`. */
  readonly name: string
  /** 1, or more where the ORM gathered several calls into one statement. */
  readonly count: number
}

/** What a cap folded: executions that are counted, but no longer listed. */
export interface Folded {
  readonly statement: number
  readonly callSite?: number
  readonly count: number
  readonly durationMs: number
  readonly rows: number
  readonly errors: number
  /** Distinct parameters among the folded executions, counted up to a cap. */
  readonly distinctParameters: number
}

/** Everything one scope did, in start order. JSON-serialisable; a saved trace can be analysed again. */
export interface Trace {
  readonly version: 1
  readonly dialect: Dialect
  readonly scope: ScopeInfo
  /** Working directory of the process that was watched; identities use paths relative to it. */
  readonly root: string
  readonly statements: readonly Statement[]
  /** Text of each statement with its literals replaced, as first seen; same indexes as {@link statements}. */
  readonly texts: readonly string[]
  readonly callSites: readonly CallSite[]
  /** Names of the spans around an execution, innermost first: where there is no stack, they tell the place. */
  readonly spanPaths?: readonly (readonly string[])[]
  readonly executions: readonly Execution[]
  readonly folded: readonly Folded[]
  /** By token. Index 0 is NULL. */
  readonly values: readonly ValueInfo[]
  /** False where rows were dropped to bound memory, or never seen: absence of a value flow then proves nothing. */
  readonly rowsComplete: boolean
  /** Plans of its statements; absent where they were not asked for. */
  readonly plans?: readonly ExplainedStatement[]
}
