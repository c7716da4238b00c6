import type { Dialect, Statement } from '../model/statement.ts'
import type { ResultColumn } from '../model/trace.ts'
import type { Aside } from './aside.ts'
import type { CapturedCallSite } from './call-site.ts'
import { statementEnd, strayEnd } from './channel.ts'
import { now } from './clock.ts'
import type { FieldPath } from './graphql-field.ts'
import type { OrmCall } from './operation.ts'
import type { Scope } from './scope.ts'
import { reportFailure } from './state.ts'

/** The driver a statement went through. */
export interface DriverInfo {
  readonly name: string
  readonly version: string
  readonly dialect: Dialect
  /** Reads the columns of a result out of what the driver says about them; called when a scope closes, if at all. */
  readonly columnsOf: (fields: unknown) => readonly ResultColumn[]
  /** Reads where the server is out of what statements are sent through: a client, a connection or a pool. */
  readonly addressOf?: ((through: object) => ServerAddress | undefined) | undefined
  /** Reads the state of a pool; undefined for what is none. */
  readonly poolStateOf?: ((through: object) => PoolState | undefined) | undefined
  /**
   * Opens a connection of nonplus's own to where statements that were sent through this go; rejects with the driver's
   * error. Absent where no connection can be opened with the driver.
   */
  readonly openAside?: ((through: object) => Promise<Aside>) | undefined
  /** Names where {@link openAside} goes to: equal names, equal connections. Kept in memory only. */
  readonly asideKeyOf?: ((through: object) => string) | undefined
  /** True while instrumentation of OpenTelemetry wraps the calls of this driver. */
  readonly isTraced?: ((through: object | undefined) => boolean) | undefined
  /** Called at the first statement, where it was loaded by nonplus and nobody may ever use it. */
  onFirstUse?: (() => void) | undefined
}

/** Where statements go, as the application gave it; absent parts are unknown. */
export interface ServerAddress {
  /** Host, or path of a socket. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
}

/** A pool of connections, at one moment. */
export interface PoolState {
  readonly idle: number
  readonly used: number
  /** Calls that wait for a connection. */
  readonly pending: number
  readonly max: number
}

/** Rows as the driver made them. Only referenced, never copied: they are read when the scope closes, or dropped. */
export interface RawResult {
  readonly rows: readonly unknown[]
  /** What the driver says about the columns, for {@link DriverInfo.columnsOf}. */
  readonly fields: unknown
}

/** One statement on its way: published once when it starts, and again, the same object, when it has ended. */
export class StatementMessage {
  readonly driver: DriverInfo
  readonly text: string
  readonly parameters: readonly unknown[] | undefined
  /** Read at call time, in the outermost call. */
  readonly scope: Scope
  /** `performance.now()` at the call. */
  startedAt: number
  /** When the pool handed over a connection; 0 where the call was made on a connection. */
  acquiredAt = 0
  endedAt = 0
  /** Same number, same connection; 0 while unknown. */
  connection = 0
  rows = 0
  error: unknown = undefined
  result: RawResult | undefined = undefined
  /** True where the server says that it used no index, or no good one, for some table of it. */
  noIndexUsed = false
  /** True where rows reach the application before the statement has ended: cursors and streams. */
  isStreamed = false
  /** True where the application gets the outcome in a callback or an event: it must run in {@link scope} again. */
  hasCallback = false
  callSite: CapturedCallSite | undefined = undefined
  /** ORM or query builder that sent it, where a stack was taken and had one. */
  orm: string | undefined = undefined
  /** The call of the ORM it was sent for, where a call site was taken and the ORM tells its calls. */
  call: OrmCall | undefined = undefined
  /** The GraphQL field whose resolver sent it. */
  field: FieldPath | undefined = undefined
  /** Set by the recorder while it handles the start. */
  needsCallSite = false
  /** False where an operation of an ORM provides the call site. */
  canBeDeferred = true
  /** Interned shape; set by the recorder. */
  statement: Statement | undefined = undefined
  /** True where the recorder keeps only its numbers. */
  isFolded = false
  /** Operations that were sent as one call; 0 where it is no batch. */
  batchSize = 0
  /** Client, connection or pool it is sent through; see {@link DriverInfo.addressOf}. */
  through: object | undefined = undefined
  /** Plan of this execution, as PostgreSQL has told it: JSON of auto_explain. Only where that was asked for. */
  plan: string | undefined = undefined
  /** Called where {@link plan} comes after the end; set by who wants to know. */
  onPlan: (() => void) | undefined = undefined
  /** Of the tracer, at the call; see `TracerContexts`. */
  context: unknown = undefined
  /** What a tracer keeps here. */
  span: unknown = undefined
  /** True where it is filed nowhere; see `strayStart`. */
  isStray = false

  constructor(driver: DriverInfo, text: string, parameters: readonly unknown[] | undefined, scope: Scope) {
    this.driver = driver
    this.text = text
    this.parameters = parameters
    this.scope = scope
    this.startedAt = now()
  }

  get hasEnded(): boolean {
    return this.endedAt !== 0
  }

  /** Ends it; the first outcome counts, later ones are ignored. */
  end(error: unknown, rows: number, result?: RawResult): void {
    if (this.endedAt !== 0) return
    this.endedAt = now()
    this.error = error
    this.rows = rows
    this.result = result
    try {
      ;(this.isStray ? strayEnd : statementEnd).publish(this)
    } catch (failure) {
      reportFailure('statement end', failure)
    }
  }
}
