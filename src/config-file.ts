import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { NonplusError } from './model/errors.ts'

/** A configuration file, found but not yet read. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string
  /** What its paths are relative to: its folder; of one in `.config`, the folder above. */
  readonly folder: string
}

const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json']

/** Where a configuration file is looked for, in a folder. */
const NAMES = EXTENSIONS.map((extension) => `nonplus.config${extension}`)

/**
 * The configuration file that is in force in a folder: its own, or that of the nearest folder above, up to the root of
 * the repository or the workspace; where there is neither, up to the nearest package.json.
 *
 * @returns undefined where there is none.
 * @throws NonplusError ERR_CONFIG_INVALID where a folder has two of them: one would be left out in silence.
 */
export function findConfigFile(cwd: string): ConfigFile | undefined {
  for (const folder of projectFolders(cwd)) {
    const [file, other] = configFilesIn(folder)
    if (other !== undefined) {
      const names = configFilesIn(folder).map(({ path }) => path.slice(folder.length + 1))
      const message = `Two configurations in ${folder}: ${names.join(' and ')}. Keep one, or name one with --config.`
      throw new NonplusError('ERR_CONFIG_INVALID', message)
    }
    if (file !== undefined) return file
  }
  return undefined
}

/**
 * A configuration file that was named, relative to a folder.
 *
 * @param where it was named, as the error says it: `--config`.
 * @throws NonplusError ERR_CONFIG_INVALID where it is not there, or of another format.
 */
export function namedConfigFile(cwd: string, name: string, where: string): ConfigFile {
  const path = resolve(cwd, name)
  if (!existsSync(path)) {
    throw new NonplusError('ERR_CONFIG_INVALID', `There is no configuration file ${path}, which ${where} names.`)
  }
  if (!EXTENSIONS.includes(extname(path))) {
    const formats = EXTENSIONS.join(', ')
    throw new NonplusError('ERR_CONFIG_INVALID', `A configuration file is one of ${formats}, but got: ${path}.`)
  }
  return { path, folder: basename(dirname(path)) === '.config' ? dirname(dirname(path)) : dirname(path) }
}

/** What a package.json holds, as far as it can be read. */
export function readPackageJson(folder: string): Readonly<Record<string, unknown>> | undefined {
  const path = join(folder, 'package.json')
  try {
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
  } catch {
    return undefined
  }
}

function configFilesIn(folder: string): ConfigFile[] {
  const dotConfig = join(folder, '.config')
  const paths = [folder, ...(existsSync(dotConfig) ? [dotConfig] : [])].flatMap((place) =>
    NAMES.map((name) => join(place, name)).filter(existsSync),
  )
  const manifest = readPackageJson(folder)
  const inManifest = manifest?.nonplus === undefined ? [] : [join(folder, 'package.json')]
  return [...paths, ...inManifest].map((path) => ({ path, folder }))
}

/** A folder and those above it that belong to the same project. */
function projectFolders(cwd: string): string[] {
  const folders: string[] = []
  let toPackage = 1
  for (const folder of foldersFrom(resolve(cwd))) {
    folders.push(folder)
    if (isRoot(folder)) return folders
    if (toPackage === 1 && existsSync(join(folder, 'package.json'))) toPackage = folders.length
  }
  return folders.slice(0, toPackage)
}

function* foldersFrom(folder: string): Generator<string> {
  yield folder
  if (dirname(folder) !== folder) yield* foldersFrom(dirname(folder))
}

function isRoot(folder: string): boolean {
  if (['.git', 'pnpm-workspace.yaml'].some((name) => existsSync(join(folder, name)))) return true
  return readPackageJson(folder)?.workspaces !== undefined
}
