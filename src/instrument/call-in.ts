import type { Scope } from './scope.ts'
import { state } from './state.ts'

function applyTo(fn: (...args: never[]) => unknown, self: unknown, args: ArrayLike<unknown>): unknown {
  return Reflect.apply(fn, self, args)
}

/**
 * Calls `fn` in the scope of a statement, and in none where it was sent outside any; costs nothing where it is open.
 *
 * @param context of the tracer, where one was kept: it is gone back to as well.
 */
export function callIn(
  scope: Scope | undefined,
  fn: (...args: never[]) => unknown,
  self: unknown,
  args: ArrayLike<unknown>,
  context?: unknown,
): unknown {
  if (context !== undefined && state.contexts !== undefined) {
    return callInScope(scope, state.contexts.run, undefined, [context, fn, self, args])
  }
  return callInScope(scope, fn, self, args)
}

function callInScope(
  scope: Scope | undefined,
  fn: (...args: never[]) => unknown,
  self: unknown,
  args: ArrayLike<unknown>,
): unknown {
  const entered = scope?.isAmbient ? undefined : scope
  if (state.storage.getStore() === entered) return Reflect.apply(fn, self, args)
  return state.storage.run(entered as Scope, applyTo, fn, self, args)
}
