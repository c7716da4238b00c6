import { resolve } from 'node:path'
import { checkConfig, checkReporterNames, type NonplusConfig, type ReporterEntry } from './config.ts'
import { NonplusError } from './model/errors.ts'

/** One place that says what nonplus does. */
export interface ConfigSource {
  /** As messages show it: `nonplus.config.ts`, `nonplus in package.json`, `NONPLUS_ONLY`, `flags`. */
  readonly name: string
  /** Absolute; of files only. */
  readonly path?: string
  /** What it says, checked; paths are absolute. */
  readonly values: NonplusConfig
}

/** What is in force. */
export interface LoadedConfig {
  /** All sources together. */
  readonly config: NonplusConfig
  /** Lowest first: what a later one says replaces what an earlier one says, name by name. */
  readonly sources: readonly ConfigSource[]
  /** A sentence about a file that this process cannot read, although another could; it is then not among the sources. */
  readonly warning?: string
}

/** What a configuration is looked for with. */
export interface LoadConfigOptions {
  /** Where the search begins; relative paths in variables are relative to it. @default the working directory */
  readonly cwd?: string
  /** A file that was named, in place of one that is found: `--config`. @default NONPLUS_CONFIG, else the search */
  readonly file?: string | undefined
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Puts sources together, lowest first. */
export function combineSources(sources: readonly ConfigSource[]): LoadedConfig {
  return { config: Object.assign({}, ...sources.map(({ values }) => values)), sources }
}

/** A configuration with one more source above the others, as flags are. */
export function overrideConfig(loaded: LoadedConfig, source: ConfigSource): LoadedConfig {
  return { ...loaded, ...combineSources([...loaded.sources, source]) }
}

/**
 * Checks what a source says.
 *
 * @param folder that its paths are relative to.
 * @param reporterNames the valid ones; not checked where absent.
 * @throws NonplusError whose message begins with the name of the source.
 */
export function makeSource(
  name: string,
  given: unknown,
  { folder, path, reporterNames }: { folder: string; path?: string; reporterNames?: readonly string[] | undefined },
): ConfigSource {
  try {
    const values = checkConfig(given)
    if (reporterNames !== undefined) checkReporterNames(values, reporterNames)
    return { name, ...(path === undefined ? {} : { path }), values: withAbsolutePaths(values, folder) }
  } catch (error) {
    if (!(error instanceof NonplusError)) throw error
    throw new NonplusError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}

/** Without what is undefined, which would otherwise replace what a lower source says. */
function withAbsolutePaths({ $schema, ...values }: NonplusConfig, folder: string): NonplusConfig {
  const said = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as NonplusConfig
  return {
    ...said,
    ...(said.baseline === undefined ? {} : { baseline: resolve(folder, said.baseline) }),
    ...(said.explainUrl === undefined ? {} : { explainUrl: withFolder(said.explainUrl, folder) }),
    ...(said.reporters === undefined ? {} : { reporters: said.reporters.map((entry) => withFile(entry, folder)) }),
  }
}

/** The file of a SQLite database is a path, too. */
function withFolder(url: string, folder: string): string {
  const [, scheme = '', file = ''] = /^(sqlite:)?(?!\/\/)(.*)$/i.exec(url) ?? []
  return scheme === '' && /^[a-z][a-z0-9+]+:/i.test(url) ? url : file === '' ? url : scheme + resolve(folder, file)
}

function withFile(entry: ReporterEntry, folder: string): ReporterEntry {
  return typeof entry === 'string' ? entry : [entry[0], resolve(folder, entry[1])]
}
