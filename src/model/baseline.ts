/** One finding that is tolerated. */
export interface BaselineEntry {
  readonly identity: string
  readonly kind: string
  /** Why it is tolerated. */
  readonly reason: string
  /** Where it was when it was written down: for people, the identity is what counts. Absent where the call site was lost. */
  readonly where?: { readonly file: string; readonly function: string }
  /** `SELECT users`. */
  readonly statement: string
  /** Executions in the worst scope when it was written down. Not enforced, since it varies with the data. */
  readonly count: number
}

/** Findings that are tolerated today, sorted by identity. Version 1 of the file that `nonplus baseline` writes. */
export interface Baseline {
  readonly version: 1
  readonly findings: readonly BaselineEntry[]
}
