import { instrumentations } from './index.ts'
import { scopeLibraries } from './scope-libraries.ts'

/** A package with ES modules whose exports hold what is patched. */
export interface EsModulePackage {
  readonly module: string
  /** From the folder of the package. */
  readonly files: readonly string[]
  /** Packages that bring a copy of their own. */
  readonly within: readonly string[]
}

/** Drivers that are ES modules. */
export const driverModules: readonly EsModulePackage[] = instrumentations
  .map(({ module, files }) => ({ module, files: files?.import ?? [], within: files?.within ?? [] }))
  .filter(({ files }) => files.length > 0)

/** Libraries of jobs and messages that are ES modules. */
export const libraryModules: readonly EsModulePackage[] = scopeLibraries
  .map(({ module, esModules = [] }) => ({ module, files: esModules, within: [] }))
  .filter(({ files }) => files.length > 0)

/** Names of the drivers nonplus can hook. */
export const driverNames: ReadonlySet<string> = new Set(
  instrumentations.flatMap(({ module, entries = [] }) => [module, ...entries]),
)

/** Ends of the paths of ES modules whose exports are hooked. */
export const esModuleEnds: readonly string[] = [...driverModules, ...libraryModules].flatMap(endsOf)

const requireEnds = instrumentations.flatMap(({ module, files }) => endsOf({ module, files: files?.require ?? [] }))

const endsByName = new Map<string, string[]>()
for (const end of [...driverModules.flatMap(endsOf), ...requireEnds]) {
  const name = baseName(end)
  endsByName.set(name, [...(endsByName.get(name) ?? []), end])
}

function endsOf({ module, files }: Pick<EsModulePackage, 'module' | 'files'>): string[] {
  return files.map((file) => `/node_modules/${module}/${file}`)
}

/** Last part of a path or of what is written in a `require`, without its extension. */
function baseName(path: string): string {
  const start = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1
  return path.slice(start).replace(/\.[cm]?js$/, '')
}

/** Name of the package a file belongs to, if it is one of `names`. */
export function packageOf(file: string, names: { has(name: string): boolean }): string | undefined {
  const parts = file.split(/[\\/]/)
  const index = parts.lastIndexOf('node_modules')
  if (index === -1) return undefined
  const first = parts[index + 1] ?? ''
  const name = first.startsWith('@') ? `${first}/${parts[index + 2]}` : first
  return names.has(name) ? name : undefined
}

/**
 * True where what a `require` loaded may hold a driver: it names one, is the path of a file of one (an `import` of a
 * CommonJS package), or is a file inside a driver that loads another one, as `./query.js` in postgres.
 */
export function mayHoldDriver(request: string, resolve: () => string): boolean {
  if (driverNames.has(request)) return true
  if (request.includes('node_modules')) return packageOf(request, driverNames) !== undefined
  const ends = request.startsWith('.') ? endsByName.get(baseName(request)) : undefined
  if (ends === undefined) return false
  const path = resolve().replaceAll('\\', '/')
  return ends.some((end) => path.endsWith(end))
}
