import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { endExplaining, explainAtEnd } from './explain-at-end.ts'
import { onModuleLoad } from './instrument/loader.ts'
import { finishProcessScope } from './instrument/process-scope.ts'
import { onceInProcess, state } from './instrument/state.ts'
import { loadConfigSync } from './load-config-sync.ts'
import { onSignalDeath } from './on-signal-death.ts'
import { explainModeOf, type ProfilerOptions, pickOptions } from './options.ts'
import { runSettings } from './outer-run.ts'
import { createProfiler, type Profiler } from './profiler.ts'
import { guard, liveConsole, printLive, watchRun } from './watch-run.ts'
import { writeText } from './write-text.ts'

/** What `nonplus run` tells the processes of its program, in `NONPLUS_RUN` as JSON. */
export interface RunSettings {
  /** Where each process leaves its log. */
  readonly folder: string
  /** False under `--quiet`: findings are then not printed as they come. */
  readonly live: boolean
  /** False under `--no-color`. */
  readonly color: boolean
  /** Working directory of `nonplus run`: what paths are shown relative to, wherever the program goes. */
  readonly cwd: string
  /** Absolute path of a baseline: what it tolerates is not printed as it comes. */
  readonly baseline?: string
  /** True to log the executions of each scope, too. */
  readonly timeline?: boolean
  readonly options: ProfilerOptions
}

function start(): void {
  const settings = runSettings()
  // a process that outlived its run: nobody waits for what it does
  if (settings !== undefined && !existsSync(settings.folder)) return
  if (settings === undefined) startByHand()
  else watchRun(settings, { processScope: true })
}

/** Not under `nonplus run`, which has read the configuration for all processes of its program. */
function startByHand(): void {
  const { config, warning } = loadConfigSync()
  // said once, by the main thread
  if (warning !== undefined && isMainThread) writeText(2, `nonplus: ${warning}\n`)
  const profiler = createProfiler({ processScope: true, ...pickOptions(config) })
  if (config.quiet === true) return
  if (explainModeOf(config) !== undefined) explainAtEnd().showsProgress = true
  printLive(profiler, { cwd: process.cwd() })
  summarizeAtEnd(profiler)
}

function summarizeAtEnd(profiler: Profiler): void {
  const cwd = process.cwd()
  let isDone = false
  const summarize = (): void => {
    if (isDone) return
    guard('summary', () => {
      const report = profiler.report()
      if (state.counters.seen === 0 && report.scopes.length === 0 && !isAskedFor()) return
      isDone = true
      liveConsole({ cwd }).summarize(report)
    })
  }
  process.on('exit', summarize)
  whenWatching(profiler, () =>
    onSignalDeath(() => {
      finishProcessScope()
      endExplaining()
      summarize()
    }),
  )
}

/** Calls `listener` once a driver is hooked: until then there is nothing to sum up. */
function whenWatching(profiler: Profiler, listener: () => void): void {
  const check = (): void => {
    if (state.drivers.size === 0) return
    for (const stop of stops.splice(0)) stop()
    listener()
  }
  // the second for a driver that was hooked by hand
  const stops = [onModuleLoad(check), profiler.onScope(check)]
  check()
}

/**
 * True for a program that was itself started with nonplus, and so is owed an answer. What merely inherits it from its
 * environment or from the process that forked it (npm, build tools, threads) speaks up only if it has something to say.
 */
function isAskedFor(): boolean {
  const isOwn = process.execArgv.some((flag) => flag.includes('nonplus'))
  return isOwn && isMainThread && process.send === undefined && process.argv[1] !== undefined
}

/*
 * Side effect only. Findings go to stderr as scopes close. On its own the process prints its summary when it ends;
 * under `nonplus run` it leaves a log, and the summary is made once for all processes of the program.
 */
if (process.env.NONPLUS !== '0') {
  onceInProcess('register', () => {
    try {
      start()
    } catch (error) {
      writeText(2, `nonplus: could not start, nothing is watched: ${(error as Error).message}\n`)
    }
  })
}
