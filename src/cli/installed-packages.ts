import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** One copy of a package. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** Relative to the project; the first path that leads there. */
  readonly path: string
}

/**
 * Every copy of the packages of these names that code in `folder` and its workspaces may load: in node_modules of the
 * project, of the folders above, nested ones, pnpm's store, workspaces that are linked, or Yarn's Plug’n’Play.
 */
export function findInstalled(folder: string, names: ReadonlySet<string>): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>()
  const visited = new Set<string>()

  function visitModules(modules: string): void {
    const real = realPathOf(modules)
    if (real === undefined || visited.has(real)) return
    visited.add(real)
    for (const name of packagesIn(modules)) visitPackage(name, join(modules, name))
    const store = join(modules, '.pnpm')
    for (const entry of entriesOf(store)) visitModules(join(store, entry, 'node_modules'))
  }

  function visitPackage(name: string, path: string): void {
    const real = realPathOf(path)
    if (real === undefined || visited.has(real)) return
    visited.add(real)
    const manifest = readManifest(real)
    // by the name it was installed under: an alias is required by that
    if (names.has(name) && manifest?.version !== undefined) {
      found.set(real, { name, version: manifest.version, path: relative(folder, path) })
    }
    visitModules(join(real, 'node_modules'))
  }

  for (const one of foldersAbove(folder)) visitModules(join(one, 'node_modules'))
  return [...found.values(), ...findInPlugAndPlay(folder, names)]
}

/** A package.json, as far as it is of use here. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly jest?: unknown
  readonly mocha?: unknown
}

/** The package.json in a folder; undefined where there is none that can be read. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

/** A folder, and all above it. */
export function foldersAbove(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersAbove(above)]
}

interface PlugAndPlay {
  getAllLocators(): readonly { readonly name: string; readonly reference: string }[]
}

function findInPlugAndPlay(folder: string, names: ReadonlySet<string>): InstalledPackage[] {
  const file = foldersAbove(folder)
    .map((one) => join(one, '.pnp.cjs'))
    .find(existsSync)
  if (file === undefined) return []
  try {
    const locators = (createRequire(import.meta.url)(file) as PlugAndPlay).getAllLocators()
    const packages = locators
      .filter(({ name }) => names.has(name))
      .map(({ name, reference }) => {
        return { name, version: /npm:([\w.+-]+)/.exec(reference)?.[1] ?? 'unknown', path: relative(folder, file) }
      })
    return [...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values()]
  } catch {
    return []
  }
}

function packagesIn(modules: string): string[] {
  return entriesOf(modules).flatMap((entry) => {
    if (entry.startsWith('.')) return []
    return entry.startsWith('@') ? entriesOf(join(modules, entry)).map((name) => `${entry}/${name}`) : [entry]
  })
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
