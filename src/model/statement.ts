/** SQL grammar to read a statement with. `postgresql` also serves CockroachDB and PGlite; `mysql` serves MariaDB. */
export type Dialect = 'postgresql' | 'mysql' | 'sqlite' | 'mssql' | 'oracle'

/**
 * What a statement does. `transaction` is BEGIN, COMMIT, SAVEPOINT …; `session` is SET, SHOW, LISTEN, DISCARD …;
 * `multiple` is a text that holds several statements of unlike kinds.
 */
export type StatementKind =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'merge'
  | 'copy'
  | 'call'
  | 'ddl'
  | 'transaction'
  | 'session'
  | 'explain'
  | 'multiple'
  | 'other'

/** Part of a statement that a value stands in. */
export type Clause = 'select' | 'where' | 'on' | 'having' | 'order' | 'limit' | 'offset' | 'values' | 'set' | 'other'

/**
 * One `?` of a fingerprint: a place where a value stands, as a literal, as a placeholder or as a folded list of them.
 * Statements with equal fingerprints have the same slots in the same order.
 */
export interface Slot {
  readonly clause: Clause
  /** `list` is an IN list or VALUES rows, folded to one slot; its value is an array. */
  readonly form: 'literal' | 'placeholder' | 'list'
  /** Column the value is compared with or assigned to, unquoted and without its table. */
  readonly column?: string
  /** Comparison, in lower case: `=`, `<`, `in`, `any`, `like`, …. Absent where the value is not compared. */
  readonly operator?: string
}

/** Everything nonplus reads out of the text of a statement; one per fingerprint and dialect. */
export interface Statement {
  /** The statement without literals, comments, spacing, case and list lengths; equal means same shape. */
  readonly fingerprint: string
  readonly kind: StatementKind
  /** True where the statement may change data: also a SELECT with a data-modifying CTE or a locking clause is told apart here. */
  readonly writes: boolean
  /** Tables named in the statement, in order of appearance, unquoted, schema kept, each once; CTE names are left out. */
  readonly tables: readonly string[]
  /** Short label by the OpenTelemetry rules for `db.query.summary`: `SELECT posts users`. At most 255 characters. */
  readonly summary: string
  readonly slots: readonly Slot[]
}
