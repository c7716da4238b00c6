import { wrapMethod } from './patch.ts'
import { runJob } from './run-job.ts'
import { type CallSiteMode, runIn, Scope } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

/** Shown in the coverage beside the number of statements. */
const REASON = 'what pg-boss sends to fetch and complete its jobs'

/** Queues of pg-boss for its own clock. */
const OWN_QUEUE = /^__pgboss__/

/**
 * Jobs of pg-boss, one scope for what a handler is given at once. It keeps its queues in SQL: what it sends to start, to
 * poll and to complete is counted, but judged neither with the job nor with the request that happened to start it. What
 * the application asks of it, such as `send`, is the application's.
 */
export const pgBoss: ScopeLibrary = {
  module: 'pg-boss',
  files: ['manager.js'],
  patch(exports, callSites) {
    const { prototype } = exports as { prototype?: Record<string, unknown> }
    if (typeof prototype?.watch === 'function') wrapWatch(prototype, callSites)
    else if (typeof prototype?.start === 'function') for (const name of ['start', 'stop']) wrapOwn(prototype, name)
  },
}

function wrapWatch(manager: object, callSites: CallSiteMode): void {
  wrapMethod(manager, 'watch', (original, wrapping) => {
    return function watch(this: unknown, ...args: unknown[]): unknown {
      const [queue, options, handle] = args as [string, unknown, (...args: unknown[]) => unknown]
      if (!wrapping.isActive || typeof handle !== 'function' || OWN_QUEUE.test(queue)) {
        return Reflect.apply(original, this, args)
      }
      const inScope = (...jobs: unknown[]): unknown =>
        runJob({ system: 'pg-boss', queue, callSites }, () => handle(...jobs))
      return runAsOwn(() => Reflect.apply(original, this, [queue, options, inScope]))
    }
  })
}

function wrapOwn(prototype: object, name: string): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runAsOwn(run) : run()
    }
  })
}

function runAsOwn<Result>(fn: () => Result): Result {
  return runIn(new Scope({ name: 'pg-boss', kind: 'block' }, REASON), fn)
}
