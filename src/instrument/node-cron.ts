import { type Method, type Wrapping, wrapMethod } from './patch.ts'
import { runJob } from './run-job.ts'
import type { CallSiteMode } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

interface CronTask {
  readonly id: string
  /** The id again where the application gave none. */
  readonly name: string
  readonly cronExpression: string
  readonly runner?: object
}

/** Runs of node-cron: by the clock and by hand. Tasks in a file of their own run in a process that this is loaded in, too. */
export const nodeCron: ScopeLibrary = {
  module: 'node-cron',
  files: ['_shared.cjs'],
  esModules: ['dist/_shared.js'],
  patch(exports, callSites) {
    // exported under a short name by the ES module
    for (const value of Object.values(exports as object)) {
      const prototype = (value as { prototype?: unknown } | undefined)?.prototype
      if (isTaskPrototype(prototype)) wrapTask(prototype, callSites)
    }
  },
}

function isTaskPrototype(prototype: unknown): prototype is object {
  const { createContext, start, execute } = (prototype ?? {}) as Record<string, unknown>
  return [createContext, start, execute].every((method) => typeof method === 'function')
}

function wrapTask(prototype: object, callSites: CallSiteMode): void {
  for (const name of ['start', 'execute']) {
    wrapMethod(prototype, name, (original, wrapping) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        if (wrapping.isActive) wrapRunner(this as CronTask, wrapping, callSites)
        return Reflect.apply(original, this, args)
      }
    })
  }
}

/** The runner calls the handler of the application, and nothing else, through `onMatch`. */
function wrapRunner(task: CronTask, owner: Wrapping, callSites: CallSiteMode): void {
  if (task.runner === undefined) return
  const queue = task.name === task.id ? task.cronExpression : task.name
  const make = (original: Method): Method => {
    return function onMatch(this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      return owner.isActive ? runJob({ system: 'node-cron', queue, callSites }, run) : run()
    }
  }
  wrapMethod(task.runner, 'onMatch', make, owner)
}
