import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { runScope } from '../instrument/run-scope.ts'
import { Scope } from '../instrument/scope.ts'
import { onceInProcess, state } from '../instrument/state.ts'
import { TestAmbience } from '../instrument/test-ambience.ts'
import { runSettings } from '../outer-run.ts'
import { createProfiler } from '../profiler.ts'
import type { RunSettings } from '../register.ts'
import { printLive, watchRun } from '../watch-run.ts'

/** A test as reports name it. */
export interface TestIdentity {
  /** Absolute path of its file. */
  readonly file: string | undefined
  /** Names of the blocks around it, and its own. */
  readonly names: readonly string[]
}

// biome-ignore lint/suspicious/noExplicitAny: a test may take anything its runner gives it
type TestFunction = (this: any, ...args: any[]) => unknown

let flush: () => void | Promise<void> = () => {}
const ambience = new TestAmbience()

/** True where nothing is to be watched. */
export function isOff(): boolean {
  return process.env.NONPLUS === '0'
}

/**
 * Watches the process of a test runner: before the application loads its drivers, once per file or once for all, as the
 * runner does. Leaves a log where a run collects them; without one, findings are printed as they come.
 */
export function startSuite(): void {
  if (isOff()) return
  onceInProcess('suite', () => {
    const settings = readSettings()
    // under `nonplus run` the process is watched already, unless it is the sandbox of a file
    onceInProcess('register', () => {
      if (settings === undefined) printLive(createProfiler(), { cwd: process.cwd() })
      else flush = watchRun(settings, { processScope: false })
    })
    state.processScope?.finish('exit')
    state.processScope = ambience
  })
}

/**
 * Writes what is waiting: a file is done, and its process may be ended at any time.
 *
 * @returns a promise where tests wait for the plans of their statements.
 */
export function flushSuite(): void | Promise<void> {
  return flush()
}

function readSettings(): RunSettings | undefined {
  const settings = runSettings()
  return settings !== undefined && existsSync(settings.folder) ? settings : undefined
}

const wrappers = new WeakSet<TestFunction>()

/** The function of a test, to run as a scope of its own; one that is such already is given back. */
export function inTestScope<Fn extends TestFunction>(test: TestIdentity, fn: Fn, takesDone = false): Fn {
  if (isOff() || wrappers.has(fn)) return fn
  const run: TestFunction = takesDone
    ? function (this: unknown, done: DoneCallback, ...rest) {
        const scope = new Scope(scopeOf(test))
        return runInOpen(scope, () => fn.call(this, closingDone(scope, done), ...rest))
      }
    : function (this: unknown, ...args) {
        return runScope({ ...scopeOf(test), onOutcome: noteOutcome }, () => fn.apply(this, args))
      }
  // runners look at the number of parameters, to tell one that takes a callback
  Object.defineProperty(run, 'length', { value: fn.length })
  wrappers.add(run)
  return run as Fn
}

type DoneCallback = ((error?: unknown) => void) & Record<string, unknown>

/** Opens a test whose function cannot be wrapped: what is sent in no scope is its own until {@link closeTestWindow}. */
export function openTestWindow(test: TestIdentity): Scope {
  const options = scopeOf(test)
  const window = new Scope({ ...options, isAmbient: true, parent: ambience.enclosing(options.name) })
  ambience.open(window)
  return window
}

/** Ends a window. One in which nothing ran leaves no trace. */
export function closeTestWindow(window: Scope): void {
  ambience.close(window)
}

function scopeOf({ file, names }: TestIdentity): {
  name: string
  kind: 'test'
  callSites: 'all'
  testFile: string | undefined
} {
  const path = file === undefined ? [] : [relative(process.cwd(), file)]
  return { name: [...path, ...names].join(' > '), kind: 'test', callSites: 'all', testFile: file }
}

function runInOpen<Result>(scope: Scope, fn: () => Result): Result {
  return state.storage.run(scope, () => {
    try {
      return fn()
    } catch (error) {
      close(scope, error)
      throw error
    }
  })
}

function closingDone(scope: Scope, done: DoneCallback): DoneCallback {
  const closing = (error?: unknown): void => {
    close(scope, error)
    done(error)
  }
  // Jest: done.fail()
  return Object.assign(closing, done)
}

function close(scope: Scope, error: unknown): void {
  noteOutcome(scope, error)
  scope.close()
}

/** By the OpenTelemetry conventions. */
function noteOutcome(scope: Scope, error: unknown): void {
  scope.attributes['test.case.result.status'] = error === undefined || error === null ? 'pass' : 'fail'
}
