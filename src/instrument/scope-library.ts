import type { CallSiteMode } from './scope.ts'

/** A library that hands units of work to handlers: jobs, messages. Each of them becomes a scope. */
export interface ScopeLibrary {
  /** Name it is required by. */
  readonly module: string
  /**
   * Files beside the one that `require(module)` loads whose exports are patched, too: what has to be wrapped is not
   * always exported by the package itself.
   */
  readonly files?: readonly string[]
  /** ES modules whose exports are patched, from the folder of the package: no `require` loads them. */
  readonly esModules?: readonly string[]
  /**
   * Wraps what hands work out; does nothing for exports that have none of it. Every change goes through `wrapMethod`,
   * which makes it harmless twice and undoable.
   */
  patch(exports: unknown, callSites: CallSiteMode): void
}
