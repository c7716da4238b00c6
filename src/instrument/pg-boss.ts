import { wrapMethod } from './patch.ts'
import { runJob } from './run-job.ts'
import { type CallSiteMode, runIn, Scope } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

/** The class, its exports from version 12 on, or the manager inside. */
interface BossExports {
  readonly prototype?: Record<string, unknown>
  readonly PgBoss?: unknown
}

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
  // from version 12 on
  esModules: ['dist/index.js'],
  patch(exports, callSites) {
    const { prototype, PgBoss } = exports as BossExports
    if (PgBoss !== undefined) pgBoss.patch(PgBoss, callSites)
    if (typeof prototype?.watch === 'function') wrapHandler(prototype, 'watch', callSites)
    else if (typeof prototype?.start === 'function') wrapBoss(prototype, callSites)
  },
}

/** Before version 12 the class takes `work` from its manager, which watches; then it has one of its own. */
function wrapBoss(prototype: Record<string, unknown>, callSites: CallSiteMode): void {
  for (const name of ['start', 'stop']) wrapOwn(prototype, name)
  if (typeof prototype.work === 'function') wrapHandler(prototype, 'work', callSites)
}

function wrapHandler(prototype: object, name: 'watch' | 'work', callSites: CallSiteMode): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const [queue] = args
      // after the options, which may be left out of `work`
      const handle = args.at(-1) as (...args: unknown[]) => unknown
      if (!wrapping.isActive || typeof queue !== 'string' || typeof handle !== 'function' || OWN_QUEUE.test(queue)) {
        return Reflect.apply(original, this, args)
      }
      const inScope = (...jobs: unknown[]): unknown =>
        runJob({ system: 'pg-boss', queue, callSites }, () => handle(...jobs))
      return runAsOwn(() => Reflect.apply(original, this, [...args.slice(0, -1), inScope]))
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
