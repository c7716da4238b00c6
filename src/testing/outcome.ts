/** What an assertion found out. */
export interface Outcome<Result = unknown> {
  readonly pass: boolean
  /** Why it failed; where it passed, why its opposite (`not`) does. Made when it is asked for. */
  readonly message: () => string
  /** What the block gave back; of the last run, where there were several. */
  readonly result: Result
}
