import { isThenable, runIn, Scope, type ScopeOptions } from './scope.ts'
import { reportFailure } from './state.ts'

/** What {@link runScope} is told besides the options of the scope. */
export interface RunScopeOptions extends ScopeOptions {
  /** Called with the outcome, in the moment before the scope closes: the place to name it or to add attributes. */
  readonly onOutcome?: (scope: Scope, error: unknown) => void
}

/**
 * Runs `fn` as one scope, which closes when `fn` has returned, or when the promise it returned has settled.
 *
 * @returns what `fn` returns; a promise is one that settles the same way, also where nobody handles its rejection.
 * @throws what `fn` throws.
 */
export function runScope<Result>(options: RunScopeOptions, fn: (scope: Scope) => Result): Result {
  const scope = new Scope(options)
  return runIn(scope, () => {
    let result: Result
    try {
      result = fn(scope)
    } catch (error) {
      conclude(scope, options, error)
      throw error
    }
    if (isThenable(result)) return settle(result, scope, options) as Result
    conclude(scope, options, undefined)
    return result
  })
}

// called inside the scope: a query builder is sent by being awaited here
async function settle<Value>(promise: PromiseLike<Value>, scope: Scope, options: RunScopeOptions): Promise<Value> {
  let failure: unknown
  try {
    return await promise
  } catch (error) {
    failure = error
    throw error
  } finally {
    conclude(scope, options, failure)
  }
}

function conclude(scope: Scope, { onOutcome }: RunScopeOptions, error: unknown): void {
  try {
    onOutcome?.(scope, error)
  } catch (failure) {
    reportFailure('scope outcome', failure)
  }
  scope.close()
}
