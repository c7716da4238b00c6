import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NonplusError } from '../model/errors.ts'
import type { Aside } from './aside.ts'
import { instrumentations } from './index.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { isWrappedByOthers } from './patch.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

export { loadedModules } from './loaded-modules.ts'

/**
 * Hooks a driver by hand: for bundles, and wherever no loader hook can see the driver being loaded.
 *
 * @param driverModule what `import` or `require` of the driver gave: `instrument(pg)`.
 * @returns the driver's name.
 * @throws NonplusError ERR_DRIVER_UNSUPPORTED where it is no driver nonplus knows.
 */
export function instrument(driverModule: unknown): string {
  for (const candidate of candidatesOf(driverModule)) {
    const name = instrumentExports(candidate, fileOf(candidate))
    if (name !== undefined) return name
  }
  const known = instrumentations.map(({ module }) => module).join(', ')
  throw new NonplusError(
    'ERR_DRIVER_UNSUPPORTED',
    `instrument(driverModule) expects the exports of a driver (${known}), but got: ${describe(driverModule)}.`,
  )
}

/**
 * Hooks `exports` if it is a driver; harmless for anything else, and when called again.
 *
 * @param file path the module was loaded from, to read its version beside it.
 * @param isAhead true where nonplus loaded it: it is told of only once it is used.
 * @returns the driver's name, or undefined.
 */
export function instrumentExports(exports: unknown, file: string | undefined, isAhead = false): string | undefined {
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return undefined
  const known = hookedAs.get(exports)
  if (known !== undefined && state.drivers.has(known.key)) return known.name
  const instrumentation = instrumentations.find((candidate) => doesMatch(candidate, exports))
  if (instrumentation === undefined) return undefined
  const { module: name } = instrumentation
  try {
    const ownVersion = name.startsWith('node:') ? process.versions.node : versionOf(file)
    const version = ownVersion ?? versionIn(exports) ?? 'unknown'
    const via = instrumentation.viaOf?.(exports, version) ?? instrumentation.via
    if (via === 'channel') listenToDrivers()
    const driver = driverInfoOf(instrumentation, version, exports)
    instrumentation.patch(exports, driver, via)
    const key = `${name}@${version}`
    const list = (): void => {
      driver.onFirstUse = undefined
      unusedDrivers.delete(key)
      state.drivers.delete(`${name}@unknown`)
      state.drivers.set(key, { name, version, via })
    }
    if (!isAhead) list()
    else if (!state.drivers.has(key)) {
      driver.onFirstUse = list
      unusedDrivers.add(key)
    }
    hookedAs.set(exports, { name, key })
  } catch (error) {
    reportFailure(`hooking ${name}`, error)
  }
  return name
}

/** Listens on the channels of every driver that has some; does nothing when called again. */
export function listenToDrivers(): void {
  onceInProcess('driver channels', () => {
    const undos = instrumentations.flatMap((instrumentation) => {
      const undo = instrumentation.listen?.(driverInfoOf(instrumentation, 'unknown'))
      return undo === undefined ? [] : [undo]
    })
    const undo = (): void => {
      for (const undoOne of undos) undoOne()
      state.undos.delete(undo)
      state.services.delete('driver channels')
    }
    state.undos.add(undo)
    return true
  })
}

/** Notes that a driver was heard on its channel: the copy may be bundled, and never seen being loaded. */
export function noteHeard({ name }: DriverInfo): void {
  for (const driver of state.drivers.values()) if (driver.name === name) return
  state.drivers.set(`${name}@unknown`, { name, version: 'unknown', via: 'channel' })
}

const unusedDrivers = new Set<string>()

/** True where nonplus loaded that driver itself, and nobody has used it. */
export function isUnusedDriver(name: string, version: string): boolean {
  return unusedDrivers.has(`${name}@${version}`)
}

// Code that requires its driver at every call must not read package.json at every call.
const hookedAs = new WeakMap<object, { readonly name: string; readonly key: string }>()

function doesMatch(instrumentation: Instrumentation, exports: unknown): boolean {
  try {
    return instrumentation.matches(exports)
  } catch {
    return false
  }
}

function driverInfoOf(instrumentation: Instrumentation, version: string, exports?: unknown): DriverInfo {
  const { module: name, dialect, columnsOf, addressOf, poolStateOf, asideKeyOf } = instrumentation
  const isTraced = (through: object | undefined): boolean =>
    instrumentation.tracedMethods?.(exports, through).some(isWrappedByOthers) === true
  return {
    name,
    version,
    dialect,
    columnsOf,
    addressOf,
    poolStateOf,
    asideKeyOf,
    openAside:
      instrumentation.openAside === undefined
        ? undefined
        : async (through) => (await instrumentation.openAside?.(through, exports)) as Aside,
    isTraced: exports === undefined ? undefined : isTraced,
  }
}

function candidatesOf(given: unknown): unknown[] {
  const fallback = (given as { default?: unknown } | null | undefined)?.default
  return fallback === undefined ? [given] : [fallback, given]
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value
  return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no keys'}`
}

/** Path a module was loaded from, told by its exports. */
function fileOf(exports: unknown): string | undefined {
  return Object.values(createRequire(import.meta.url).cache).find((module) => module?.exports === exports)?.filename
}

/** Version in the nearest package.json above a file that has one. */
export function versionOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }
      if (version !== undefined) return version
    } catch {
      // no package.json here
    }
    if (dirname(folder) === folder) return undefined
  }
}

/** Version as some drivers export it; all there is to know of an ES module or a bundle. */
function versionIn(exports: object): string | undefined {
  const { version } = exports as { version?: unknown }
  return typeof version === 'string' && /^\d+\.\d/.test(version) ? version : undefined
}
