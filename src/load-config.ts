import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConfigFile } from './config-file.ts'
import { isSyntaxError, loadFailure, placeIn } from './config-module.ts'
import { combineSources, type LoadConfigOptions, type LoadedConfig } from './config-sources.ts'
import { readVariables } from './config-variables.ts'
import { isJson, locateConfig, makeFileSource, nameOf, readJson } from './load-config-sync.ts'
import { reporters } from './reporters/index.ts'

/**
 * The configuration that is in force in a folder: its file, TypeScript too, with the variables of the environment over
 * it. Flags go above both, by `overrideConfig`.
 *
 * @throws NonplusError where a file cannot be read, two are there, or one says what no option means; the message names
 * the file or the variable, what was expected, what came, and the nearest valid name.
 */
export async function loadConfig({
  cwd = process.cwd(),
  file,
  env = process.env,
}: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const reporterNames = Object.keys(reporters)
  const found = locateConfig({ cwd, file, env })
  const fromFile = found === undefined ? [] : [makeFileSource(found, await load(found, cwd), { cwd, reporterNames })]
  return combineSources([...fromFile, ...readVariables(env, { cwd, reporterNames })])
}

async function load(file: ConfigFile, cwd: string): Promise<unknown> {
  const name = nameOf(file, cwd)
  if (isJson(file)) return readJson(file, name)
  try {
    if (/^\.m?ts$/.test(extname(file.path))) return await loadTypeScript(file)
    return await import(pathToFileURL(file.path).href)
  } catch (error) {
    throw loadFailure(await withPlace(error, file), file, name)
  }
}

/** The same on every Node.js, with all that TypeScript has: Node.js 20 reads none, later ones a part. */
async function loadTypeScript({ path }: ConfigFile): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, interopDefault: false })
  return await jiti.import(path)
}

/** Node.js does not tell where in an ES module its parser stopped; nothing of the file has run then. */
async function withPlace(error: unknown, file: ConfigFile): Promise<unknown> {
  if (!isSyntaxError(error) || placeIn((error as Error).stack ?? '', file.path) !== undefined) return error
  try {
    await loadTypeScript(file)
    return error
  } catch (placed) {
    return isSyntaxError(placed) ? placed : error
  }
}
