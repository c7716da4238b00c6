import Module, { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadedBuiltins, watchBuiltins } from './builtin-drivers.ts'
import { now } from './clock.ts'
import { driverModules, driverNames, mayHoldDriver, packageOf } from './driver-files.ts'
import { hookEsModules, isImportingAhead, loadEsModulesAhead, rehookEsModules } from './es-modules.ts'
import { instrumentations, unsupportedDrivers } from './index.ts'
import { instrumentExports, isUnusedDriver, listenToDrivers, loadedModules, versionOf } from './instrument.ts'
import { isLoadingAhead, whileLoadingAhead } from './loading-ahead.ts'
import { isSandboxed } from './sandbox.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

/**
 * Called after each `require`, also of a module that is loaded already, and after each ESM `import` of a CommonJS module.
 *
 * @param request as written in the code; the path of the file for an `import`.
 * @param resolve gives the path of the file; not for free.
 * @param exports may be incomplete where modules load each other in a circle.
 */
export type ModuleListener = (request: string, resolve: () => string, exports: unknown) => void

interface ModuleInternals {
  _load(this: unknown, request: string, parent: unknown, ...rest: unknown[]): unknown
  _resolveFilename(request: string, parent: unknown): string
}

/**
 * Calls `listener` with each module that is loaded from now on; an error it throws is caught and counted.
 *
 * `Module._load` sees every `require`, and also an ESM `import` of a CommonJS package, on every Node; no loader thread
 * is needed.
 *
 * @returns the way to stop that.
 */
export function onModuleLoad(listener: ModuleListener): () => void {
  const listeners = onceInProcess('module loads', watchModuleLoads)
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function watchModuleLoads(): Set<ModuleListener> {
  const listeners = new Set<ModuleListener>()
  const modules = Module as unknown as ModuleInternals
  const original = modules._load
  modules._load = function (this: unknown, ...args) {
    const exports = Reflect.apply(original, this, args)
    const [request, parent] = args
    for (const listener of listeners) {
      try {
        listener(request, () => modules._resolveFilename(request, parent), exports)
      } catch (error) {
        reportFailure('module load', error)
      }
    }
    return exports
  }
  return listeners
}

/**
 * Hooks drivers as the application loads them, and those it has loaded already.
 *
 * Packages whose source another loader supplies (tsx) pass no `require` that can be watched: for those, drivers that
 * resolve from the application's folder are loaded ahead, which puts the hooked instance where that loader will find it.
 * So it is in a sandbox, where the table of its modules is looked through at each scope, too.
 */
export function installLoader(): void {
  listenToDrivers()
  if (!isSandboxed) hookEsModules()
  onceInProcess('loader', () => {
    onModuleLoad((request, resolve, exports) => {
      if (!mayHoldDriver(request, resolve)) return
      const file = resolve()
      const isAhead = isLoadingAhead() || isImportingAhead(request)
      if (isAhead) loadedAhead.add(file)
      else loadedAhead.delete(file)
      instrumentExports(exports, file, isAhead)
    })
    return true
  })
  watchBuiltins()
  if (isSandboxed) onceInProcess('sandbox scan', scanAtEachScope)
  if (!isScanDue()) return
  hookLoadedModules()
  if (!isSandboxed) {
    rehookEsModules()
    if (!isPreloaded()) loadEsModulesAhead(driverModules)
  }
  if (isSandboxed ? state.drivers.size === 0 : hasOtherLoader()) loadAhead()
}

function hookLoadedModules(): void {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module?.loaded && isDriverFile(file)) instrumentExports(module.exports, file, loadedAhead.has(file))
  }
}

/** Files of drivers that nonplus has loaded, and the application, as far as could be seen, has not. */
const loadedAhead = new Set<string>()

/** A file has loaded its drivers by the time that its first test begins, and nothing but the table of modules tells. */
function scanAtEachScope(): true {
  let known = 0
  state.scopeOpenings.add(() => {
    try {
      const { length } = Object.keys(loadedModules())
      if (length === known) return
      known = length
      hookLoadedModules()
    } catch (error) {
      reportFailure('module scan', error)
    }
  })
  return true
}

/** Every scope asks for the loader, and an application may hold thousands of modules. */
const SCAN_MS = 1_000

let scannedAt = Number.NEGATIVE_INFINITY
let seenUnpatchings = 0

/**
 * True at the first time, again where loads may have gone unseen, and at once where the hooks were taken out. No load is
 * seen in a sandbox.
 */
function isScanDue(): boolean {
  if (isSandboxed) return true
  const time = now()
  const isUnhooked = state.unpatchings !== seenUnpatchings
  seenUnpatchings = state.unpatchings
  if (!isUnhooked && time - scannedAt < SCAN_MS) return false
  scannedAt = time
  return true
}

function isDriverFile(file: string): boolean {
  return packageOf(file, driverNames) !== undefined
}

function flagsOfNode(): string {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
}

/** True where nothing of the application can have been imported before nonplus. */
export function isPreloaded(): boolean {
  return process.env.NONPLUS_RUN !== undefined || /nonplus[\\/](dist[\\/])?register/.test(flagsOfNode())
}

/** A loader that supplies source for CommonJS, such as tsx, hides loads from `Module._load`. Bun never calls that. */
function hasOtherLoader(): boolean {
  return 'bun' in process.versions || /tsx|ts-node|swc|esbuild|--(experimental-)?loader/.test(flagsOfNode())
}

function loadAhead(): void {
  const main = isSandboxed ? undefined : process.argv[1]
  if (main?.includes(`${sep}node_modules${sep}`)) return
  for (const folder of new Set([process.cwd(), main ?? process.cwd()])) {
    const require = createRequire(pathToFileURL(join(folder, 'noop.js')))
    // each test file would load them anew: only what the project itself depends on
    const names = isSandboxed ? dependenciesOf(require) : driverNames
    for (const name of names) {
      if (!driverNames.has(name) || name.startsWith('node:')) continue
      try {
        instrumentExports(
          whileLoadingAhead(() => require(name)),
          require.resolve(name),
          true,
        )
      } catch {
        // not installed here
      }
    }
  }
}

function dependenciesOf(require: NodeJS.Require): string[] {
  try {
    const { dependencies, devDependencies } = require('./package.json') as Record<string, object | undefined>
    return Object.keys({ ...dependencies, ...devDependencies })
  } catch {
    return []
  }
}

/** A driver that is loaded, but not watched. */
export interface BlindSpot {
  readonly name: string
  readonly version: string
  /** `unsupported`: this version of nonplus has no hook for it. `unseen`: it was loaded where nonplus could not see it. */
  readonly reason: 'unsupported' | 'unseen'
}

const unsupportedNames = new Set(unsupportedDrivers)

/** Drivers that are loaded, but not watched. Looks at every loaded module: not for hot paths. */
export function findBlindSpots(): BlindSpot[] {
  const spots = new Map<string, BlindSpot>()
  for (const [file, module] of Object.entries(loadedModules())) {
    if (!file.includes('node_modules')) continue
    const name = packageOf(file, unsupportedNames)
    if (name !== undefined) {
      if (!spots.has(name)) spots.set(name, { name, version: versionOf(file) ?? 'unknown', reason: 'unsupported' })
    } else if (module?.loaded && isUnhookedDriver(file, module.exports)) {
      const driver = packageOf(file, driverNames) as string
      const version = versionOf(file) ?? 'unknown'
      if (!state.drivers.has(`${driver}@${version}`) && !isUnusedDriver(driver, version))
        spots.set(file, { name: driver, version, reason: 'unseen' })
    }
  }
  for (const name of loadedBuiltins()) {
    const isHooked = [...state.drivers.values()].some((driver) => driver.name === name)
    if (!isHooked) spots.set(name, { name, version: process.versions.node, reason: 'unseen' })
  }
  return [...spots.values()]
}

function isUnhookedDriver(file: string, exports: unknown): boolean {
  const name = packageOf(file, driverNames)
  return name !== undefined && instrumentations.some((driver) => driver.module === name && driver.matches(exports))
}
