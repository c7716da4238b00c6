import { createRequire } from 'node:module'
import { refuse } from './explain/refusals.ts'
import { endExplaining, explainAtEnd } from './explain-at-end.ts'
import { explainerFor } from './explainer.ts'
import { finishProcessScope } from './instrument/process-scope.ts'
import { embeddedSourceOf } from './instrument/source-map.ts'
import { reportFailure, state } from './instrument/state.ts'
import type { ConsoleOptions, LiveConsole } from './live-console.ts'
import { onSignalDeath } from './on-signal-death.ts'
import { explainModeOf } from './options.ts'
import { outcomeOf } from './plan-ledger.ts'
import { createProfiler, type Profiler } from './profiler.ts'
import type { RunSettings } from './register.ts'
import { RunLog } from './run-log.ts'
import type { Study } from './study.ts'

/**
 * Watches this process as a part of a run: prints findings as they come, if that is wanted, and leaves a log.
 *
 * @returns what writes down what is waiting, where more may come; a promise where scopes wait for plans.
 */
export function watchRun(
  settings: RunSettings,
  { processScope }: { readonly processScope: boolean },
): () => void | Promise<void> {
  const profiler = createProfiler({ processScope, ...settings.options })
  if (settings.live) printLive(profiler, settings)
  const log = new RunLog(settings.folder, settings.timeline)
  profiler.onScope((result) => log.add(result))
  const explaining = logPlans(log, settings)
  const flush = (): void => {
    explaining?.noteUnfinished()
    log.flush()
  }
  process.on('exit', flush)
  state.endings.add(() => {
    process.off('exit', flush)
    log.close()
  })
  // a request is judged when it closes, so only a script has something to lose
  if (processScope && state.processScope !== undefined) {
    state.processScope.onStart = () =>
      onSignalDeath(() => {
        finishProcessScope()
        endExplaining()
        flush()
      })
  }
  // scopes that wait for plans have something to lose, too
  if (explaining !== undefined) {
    onSignalDeath(() => {
      endExplaining()
      flush()
    })
  }
  return explaining === undefined ? flush : () => profiler.settled().then(flush)
}

/** Logs what becomes of each statement whose plan is asked for; undefined where none is. */
function logPlans(log: RunLog, { options, live }: RunSettings): { noteUnfinished(): void } | undefined {
  const how = explainModeOf(options)
  if (how === undefined || process.env.NONPLUS === '0') return undefined
  const explainer = explainerFor(how, options.values === true)
  explainAtEnd().showsProgress = live
  log.noteExplaining()
  const note = (study: Study): void => {
    const outcome = outcomeOf(study)
    if (outcome !== undefined) log.addPlan(outcome)
  }
  explainer.onSettled.add(note)
  const noted = new Set<string>()
  return {
    noteUnfinished() {
      for (const [fingerprint, { summary }] of explainer.refused) {
        if (noted.has(fingerprint)) continue
        noted.add(fingerprint)
        log.addPlan({ fingerprint, summary, isExplained: false, refusal: refuse('rate-limited') })
      }
    },
  }
}

let loaded: LiveConsole | undefined

/** Loaded at the first finding, since tables and code frames are worth their start-up time only then. */
export function liveConsole(options: ConsoleOptions): LiveConsole {
  if (loaded === undefined) {
    const { LiveConsole: Console } = createRequire(import.meta.url)('./live-console.cjs') as {
      LiveConsole: new (options: ConsoleOptions) => LiveConsole
    }
    loaded = new Console({ ...options, embeddedSourceOf })
  }
  return loaded
}

/** Prints findings on standard error as scopes close. */
export function printLive(profiler: Profiler, options: ConsoleOptions): void {
  profiler.onScope((result) => {
    if (result.findings.length > 0) guard('console', () => liveConsole(options).print(result))
  })
}

/** Runs what is ours inside the host. */
export function guard(where: string, fn: () => void): void {
  try {
    fn()
  } catch (error) {
    reportFailure(where, error)
  }
}
