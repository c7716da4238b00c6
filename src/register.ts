import { createRequire } from 'node:module'
import { onceInProcess, reportFailure, state } from './instrument/state.ts'
import type { LiveConsole } from './live-console.ts'
import type { ProfilerOptions } from './options.ts'
import { createProfiler, type Profiler } from './profiler.ts'
import { RunLog } from './run-log.ts'

/** What `nonplus run` tells the processes of its program, in `NONPLUS_RUN` as JSON. */
export interface RunSettings {
  /** Where each process leaves its log. */
  readonly folder: string
  /** False under `--quiet`: findings are then not printed as they come. */
  readonly live: boolean
  readonly options: ProfilerOptions
}

/*
 * Side effect only. Findings go to stderr as scopes close. On its own the process prints its summary when it ends;
 * under `nonplus run` it leaves a log, and the summary is made once for all processes of the program.
 */
if (process.env.NONPLUS !== '0') onceInProcess('register', () => start(settingsFromEnvironment()))

function settingsFromEnvironment(): RunSettings | undefined {
  const text = process.env.NONPLUS_RUN
  try {
    return text === undefined ? undefined : (JSON.parse(text) as RunSettings)
  } catch (error) {
    reportFailure('NONPLUS_RUN', error)
    return undefined
  }
}

function start(settings: RunSettings | undefined): true {
  const profiler = createProfiler(settings?.options ?? {})
  if (settings?.live !== false) printLive(profiler)
  if (settings === undefined) summarizeAtEnd(profiler)
  else {
    const log = new RunLog(settings.folder)
    profiler.onScope((result) => {
      if (result.scope.queries.count > 0 || result.scope.kind !== 'block') log.add(result)
    })
    process.on('exit', () => guard('run log', () => log.flush()))
  }
  return true
}

let loaded: LiveConsole | undefined

/** Loaded at the first finding, since tables and code frames are worth their start-up time only then. */
function liveConsole(): LiveConsole {
  if (loaded === undefined) {
    const { LiveConsole: Console } = createRequire(import.meta.url)('./live-console.cjs') as {
      LiveConsole: new (stream: NodeJS.WriteStream) => LiveConsole
    }
    loaded = new Console(process.stderr)
  }
  return loaded
}

function printLive(profiler: Profiler): void {
  profiler.onScope((result) => {
    if (result.findings.length > 0) guard('console', () => liveConsole().print(result))
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function summarizeAtEnd(profiler: Profiler): void {
  let isDone = false
  const summarize = (): void => {
    if (isDone || (state.counters.seen === 0 && state.drivers.size === 0)) return
    isDone = true
    guard('summary', () => liveConsole().summarize(profiler.report()))
  }
  process.on('exit', summarize)
  for (const signal of SIGNALS) {
    const onSignal = (): void => {
      summarize()
      // nobody else listens: the signal does what it would have done without us
      if (process.listenerCount(signal) > 1) return
      process.removeListener(signal, onSignal)
      process.kill(process.pid, signal)
    }
    process.on(signal, onSignal)
  }
}

function guard(where: string, fn: () => void): void {
  try {
    fn()
  } catch (error) {
    reportFailure(where, error)
  }
}
