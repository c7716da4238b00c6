import { join } from 'node:path'
import { wrapMethod } from './patch.ts'
import { runJob } from './run-job.ts'
import type { CallSiteMode } from './scope.ts'
import type { ScopeLibrary } from './scope-library.ts'

interface BullJob {
  readonly name?: string
  readonly queueName?: string
  /** `bull:mails`: what a sandboxed processor is told. */
  readonly queueQualifiedName?: string
}

type Processor = (job: BullJob, ...rest: unknown[]) => unknown

interface BullExports {
  readonly Worker?: { readonly prototype: object }
  readonly ChildProcessor?: { readonly prototype: object }
}

/** Jobs of BullMQ, also of processors that run in a process or a thread of their own. */
export const bullmq: ScopeLibrary = {
  module: 'bullmq',
  files: ['child-processor.js', join('classes', 'child-processor.js')],
  patch(exports, callSites) {
    const { Worker, ChildProcessor } = exports as BullExports
    if (Worker !== undefined) wrapWorker(Worker.prototype, callSites)
    if (ChildProcessor !== undefined) wrapChild(ChildProcessor.prototype, callSites)
  },
}

function wrapWorker(prototype: object, callSites: CallSiteMode): void {
  wrapMethod(prototype, 'callProcessJob', (original, wrapping) => {
    return function callProcessJob(this: unknown, ...args: unknown[]): unknown {
      // where there is a pool of children, the job is a scope of the child it is sent to
      const isSandboxed = (this as { childPool?: unknown }).childPool !== undefined
      const run = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive && !isSandboxed ? runBullJob(args[0] as BullJob, callSites, run) : run()
    }
  })
}

function wrapChild(prototype: object, callSites: CallSiteMode): void {
  wrapMethod(prototype, 'start', (original, wrapping) => {
    return function start(this: unknown, ...args: unknown[]): unknown {
      if (wrapping.isActive) wrapProcessor(this as { processor?: Processor }, callSites)
      return Reflect.apply(original, this, args)
    }
  })
}

const wrapped = new WeakSet<Processor>()

function wrapProcessor(child: { processor?: Processor }, callSites: CallSiteMode): void {
  const { processor } = child
  if (typeof processor !== 'function' || wrapped.has(processor)) return
  const inScope: Processor = (job, ...rest) => runBullJob(job, callSites, () => processor(job, ...rest))
  wrapped.add(inScope)
  child.processor = inScope
}

function runBullJob<Result>(job: BullJob, callSites: CallSiteMode, fn: () => Result): Result {
  const queue = job.queueName ?? job.queueQualifiedName?.split(':').at(-1) ?? 'bullmq'
  return runJob({ system: 'bullmq', queue, name: job.name, callSites }, fn)
}
