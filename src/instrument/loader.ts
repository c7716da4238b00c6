import Module, { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { instrumentations, unsupportedDrivers } from './index.ts'
import { instrumentExports, loadedModules, versionOf } from './instrument.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown

const moduleNames = new Set(instrumentations.map(({ module }) => module))

/**
 * Hooks drivers as the application loads them, and those it has loaded already.
 *
 * `Module._load` sees every `require`, and also an ESM `import` of a CommonJS package, on every Node; no loader thread
 * is needed. It does not see packages whose source another loader supplies (tsx): for those, drivers that resolve from
 * the application's folder are loaded ahead, which puts the hooked instance where that loader will find it.
 */
export function installLoader(): void {
  onceInProcess('loader', () => {
    const modules = Module as unknown as { _load: Load }
    const original = modules._load
    modules._load = function (this: unknown, request, parent, isMain) {
      const exports = Reflect.apply(original, this, [request, parent, isMain])
      if (moduleNames.has(request) || request.includes('pg')) noticeLoad(request, parent, exports)
      return exports
    }
    return true
  })
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module?.loaded && isDriverFile(file)) instrumentExports(module.exports, file)
  }
  if (hasOtherLoader()) loadAhead()
}

function noticeLoad(request: string, parent: unknown, exports: unknown): void {
  try {
    if (!moduleNames.has(request) && !/[\\/]pg(-pool)?([\\/]|$)/.test(request)) return
    const resolve = (Module as unknown as { _resolveFilename(request: string, parent: unknown): string })
      ._resolveFilename
    instrumentExports(exports, resolve(request, parent))
  } catch (error) {
    reportFailure('loader', error)
  }
}

function isDriverFile(file: string): boolean {
  return packageOf(file, moduleNames) !== undefined
}

/** Name of the package a file belongs to, if it is one of `names`. */
function packageOf(file: string, names: { has(name: string): boolean }): string | undefined {
  const parts = file.split(sep)
  const index = parts.lastIndexOf('node_modules')
  if (index === -1) return undefined
  const first = parts[index + 1] ?? ''
  const name = first.startsWith('@') ? `${first}/${parts[index + 2]}` : first
  return names.has(name) ? name : undefined
}

/** A loader that supplies source for CommonJS, such as tsx, hides loads from `Module._load`. */
function hasOtherLoader(): boolean {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  return /tsx|ts-node|swc|esbuild|--(experimental-)?loader/.test(flags)
}

function loadAhead(): void {
  const main = process.argv[1]
  if (main?.includes(`${sep}node_modules${sep}`)) return
  for (const folder of new Set([process.cwd(), main ?? process.cwd()])) {
    const require = createRequire(pathToFileURL(join(folder, 'noop.js')))
    for (const name of moduleNames) {
      try {
        instrumentExports(require(name), require.resolve(name))
      } catch {
        // not installed here
      }
    }
  }
}

/** Drivers that are loaded, but not watched: each with the reason in words. */
export function findBlindSpots(): { name: string; version: string; reason: string }[] {
  const spots = new Map<string, { name: string; version: string; reason: string }>()
  const unsupported = new Set(unsupportedDrivers)
  for (const [file, module] of Object.entries(loadedModules())) {
    const name = packageOf(file, unsupported)
    if (name !== undefined && !spots.has(name)) {
      const version = versionOf(file) ?? 'unknown'
      spots.set(name, { name, version, reason: 'this version of nonplus does not hook it' })
    } else if (module?.loaded && isDriverFile(file)) noteUnhooked(file, module.exports, spots)
  }
  return [...spots.values()]
}

function noteUnhooked(
  file: string,
  exports: unknown,
  spots: Map<string, { name: string; version: string; reason: string }>,
): void {
  const name = packageOf(file, moduleNames) as string
  if (!instrumentations.some((candidate) => candidate.module === name && candidate.matches(exports))) return
  const version = versionOf(file) ?? 'unknown'
  if (state.drivers.has(`${name}@${version}`)) return
  spots.set(`${name}@${version}`, { name, version, reason: 'it was loaded where nonplus could not see it' })
}
