import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { instrumentations } from '../../instrument/index.ts'
import { NonplusError } from '../../model/errors.ts'
import { instruments } from '../doctor-words.ts'
import { findInstalled, foldersAbove, type InstalledPackage, type Manifest } from '../installed-packages.ts'
import { parseJson } from './edit-json.ts'

/** A package manager that is used from the command line. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** What `nonplus init` knows of the project it sets up. */
export interface Project {
  /** Folder of its package.json. */
  readonly folder: string
  readonly manifest: Manifest & { readonly type?: unknown; readonly packageManager?: unknown }
  readonly packageManager: PackageManager
  /** True where its files of JavaScript are ES modules. */
  readonly isEsm: boolean
  readonly isTypeScript: boolean
  /** Names of the files in its folder. */
  readonly files: readonly string[]
  /** Drivers and ORMs that are installed. */
  readonly databases: readonly InstalledPackage[]
  /** Text of a file; undefined where there is none. */
  read(file: string): string | undefined
}

/**
 * Looks at the project that a folder belongs to; runs nothing of it.
 *
 * @throws NonplusError ERR_COMMAND_FAILED where there is no package.json, or one that cannot be read.
 */
export function readProject(cwd: string): Project {
  const folder = foldersAbove(cwd).find((one) => existsSync(join(one, 'package.json')))
  if (folder === undefined) {
    const message = `There is no package.json in ${cwd} or above. Call nonplus init in the folder of a project.`
    throw new NonplusError('ERR_COMMAND_FAILED', message)
  }
  const read = (file: string): string | undefined => {
    return existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined
  }
  const manifest = parseJson(read('package.json') ?? '') as Project['manifest'] | undefined
  if (manifest === undefined) {
    const message = `${relative(cwd, join(folder, 'package.json'))} is no valid JSON.`
    throw new NonplusError('ERR_COMMAND_FAILED', message)
  }
  const files = readdirSync(folder).sort()
  return {
    folder,
    manifest,
    packageManager: packageManagerOf(folder, manifest),
    isEsm: manifest.type === 'module',
    isTypeScript: files.includes('tsconfig.json') || dependsOn({ manifest }, 'typescript'),
    files,
    databases: databasesOf(folder),
    read,
  }
}

/** True where package.json names a package. */
export function dependsOn({ manifest }: Pick<Project, 'manifest'>, name: string): boolean {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  return name in { ...dependencies, ...devDependencies, ...optionalDependencies }
}

/** How a script is run. */
export function runScript({ packageManager }: Project, script: string): string {
  return `${packageManager} run ${script}`
}

/** How a package is added for development. */
export function addCommand({ packageManager }: Project, name: string): string {
  return packageManager === 'npm' ? `npm install --save-dev ${name}` : `${packageManager} add --dev ${name}`
}

const LOCKFILES: readonly (readonly [file: string, packageManager: PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
]

/** By `packageManager` in package.json, else by the nearest lockfile, which a workspace has at its root. */
function packageManagerOf(folder: string, { packageManager }: Project['manifest']): PackageManager {
  const said = /^(npm|pnpm|yarn|bun)@/.exec(String(packageManager))?.[1]
  if (said !== undefined) return said as PackageManager
  for (const one of foldersAbove(folder)) {
    const found = LOCKFILES.find(([file]) => existsSync(join(one, file)))
    if (found !== undefined) return found[1]
  }
  return 'npm'
}

function databasesOf(folder: string): InstalledPackage[] {
  const orms = instruments.filter(({ topic }) => topic === 'ORM')
  const names = [...instrumentations.map(({ module }) => module), ...orms.map(({ name }) => name)]
  const installed = findInstalled(folder, new Set(names))
  return [...new Map(installed.map((one) => [`${one.name} ${one.version}`, one])).values()]
}
