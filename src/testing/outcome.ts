/** What an assertion found out. */
export interface Outcome<Result = unknown> {
  readonly pass: boolean
  /** True where nothing can be said, since nothing was seen: it fails then, and its opposite (`not`) too. */
  readonly isVoid?: boolean
  /** Why it failed; where it passed, why its opposite (`not`) does. Made when it is asked for. */
  readonly message: () => string
  /** What the block gave back; of the last run, where there were several. */
  readonly result: Result
}

/** Whether an assertion, or its opposite, has failed. */
export function hasFailed({ pass, isVoid }: Outcome, isNot = false): boolean {
  return isVoid === true || pass === isNot
}
