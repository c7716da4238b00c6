import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, extname, relative } from 'node:path'
import { type ConfigFile, findConfigFile, namedConfigFile, readPackageJson } from './config-file.ts'
import { configIn, isSyntaxError, loadFailure } from './config-module.ts'
import {
  type ConfigSource,
  combineSources,
  type LoadConfigOptions,
  type LoadedConfig,
  makeSource,
} from './config-sources.ts'
import { readVariables } from './config-variables.ts'
import { NonplusError } from './model/errors.ts'

/**
 * As `loadConfig`, for where nothing can be awaited and no library may be loaded: JSON, package.json and what `require`
 * takes, which is ES modules without top-level await too; TypeScript where Node.js or a loader of this process reads it.
 * A file of TypeScript that this process cannot read makes a warning, and the other sources hold. The names of reporters
 * are not checked.
 *
 * @throws NonplusError as `loadConfig`.
 */
export function loadConfigSync({ cwd = process.cwd(), file, env = process.env }: LoadConfigOptions = {}): LoadedConfig {
  const found = locateConfig({ cwd, file, env })
  const variables = readVariables(env, { cwd })
  if (found === undefined) return combineSources(variables)
  const name = nameOf(found, cwd)
  const exported = isJson(found) ? readJson(found, name) : requireConfig(found, name)
  if (exported !== UNREADABLE) return combineSources([makeFileSource(found, exported, { cwd }), ...variables])
  const warning =
    `${name} is not read: this Node.js process cannot load TypeScript. Start it with nonplus run, or make it ` +
    `${name.replace(/ts$/, 'mjs')} or JSON.`
  return { ...combineSources(variables), warning }
}

/** The file that is named, by `--config` or by the environment, or else the one that is found. */
export function locateConfig({ cwd, file, env }: Required<LoadConfigOptions>): ConfigFile | undefined {
  if (file !== undefined) return namedConfigFile(cwd, file, '--config')
  const fromEnv = env.NONPLUS_CONFIG
  if (fromEnv !== undefined && fromEnv !== '') return namedConfigFile(cwd, fromEnv, 'NONPLUS_CONFIG')
  return findConfigFile(cwd)
}

/** How messages name a file. */
export function nameOf({ path }: ConfigFile, cwd: string): string {
  const shown = relative(cwd, path)
  return basename(path) === 'package.json' ? `nonplus in ${shown}` : shown
}

/** @throws NonplusError where the file says something wrong. */
export function makeFileSource(
  file: ConfigFile,
  exported: unknown,
  { cwd, reporterNames }: { cwd: string; reporterNames?: readonly string[] },
): ConfigSource {
  const name = nameOf(file, cwd)
  return makeSource(name, isJson(file) ? exported : configIn(exported, name), {
    folder: file.folder,
    path: file.path,
    reporterNames,
  })
}

export function isJson({ path }: ConfigFile): boolean {
  return extname(path) === '.json'
}

/** @throws NonplusError ERR_CONFIG_INVALID with the place of what is no JSON. */
export function readJson(file: ConfigFile, name: string): unknown {
  if (basename(file.path) === 'package.json') {
    const { nonplus } = readPackageJson(file.folder) ?? {}
    if (nonplus !== undefined) return nonplus
    throw new NonplusError('ERR_CONFIG_INVALID', `There is no ${name}.`)
  }
  const text = readFileSync(file.path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    const [, offset] = / at position (\d+)/.exec((error as Error).message) ?? []
    const before = text.slice(0, Number(offset ?? text.trimEnd().length)).split('\n')
    const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
    const message = `${name}:${place} is no valid JSON: ${(error as Error).message.split(' in JSON at position')[0]}`
    throw new NonplusError('ERR_CONFIG_INVALID', message, { cause: error })
  }
}

const UNREADABLE = Symbol('a file of TypeScript in a process that reads none')

function requireConfig(file: ConfigFile, name: string): unknown {
  try {
    return createRequire(import.meta.url)(file.path)
  } catch (error) {
    if (/ts$/.test(file.path) && isSyntaxError(error) && !readsTypeScript()) return UNREADABLE
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ASYNC_MODULE') throw loadFailure(error, file, name)
    const message = `${name} awaits at its top level, which is not possible here. Start the program with nonplus run.`
    throw new NonplusError('ERR_CONFIG_INVALID', message, { cause: error })
  }
}

/** True where Node.js itself or a loader such as tsx or ts-node takes files of TypeScript. */
function readsTypeScript(): boolean {
  const { features } = process as { features: { typescript?: unknown } }
  return Boolean(features.typescript) || createRequire(import.meta.url).extensions['.ts'] !== undefined
}
