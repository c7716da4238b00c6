import { checkFailOn, type FailOn } from './gate.ts'
import { NonplusError } from './model/errors.ts'
import { validNameHint } from './model/nearest.ts'
import {
  checkBoolean,
  checkOptions,
  checkStrings,
  checkValues,
  display,
  optionNames,
  type ProfilerOptions,
} from './options.ts'
import type { ReporterName } from './reporters/index.ts'

/** One report that is written: a reporter, and the file where it is not for the screen. */
export type ReporterEntry = ReporterName | readonly [ReporterName, file: string]

/**
 * What a configuration file holds: the options of the profiler, and what is done with the report. Paths are relative to
 * the folder of the project that the file is in.
 */
export interface NonplusConfig extends ProfilerOptions {
  /** What `--reporter` says: `['console', ['json', 'report.json']]`. @default the console, on standard error */
  readonly reporters?: readonly ReporterEntry[]
  /** Severities or kinds that make a run fail, as `--fail-on` names them. @default [], which fails nothing */
  readonly failOn?: readonly FailOn[]
  /** File of the findings that are tolerated. @default none */
  readonly baseline?: string
  /**
   * Database that `nonplus explain` asks: `postgres://…`, `mysql://…`, `mariadb://…`, `sqlite:<file>` or a path. It is never
   * printed; where it has a password, take it from the environment. @default that of `DATABASE_URL`
   */
  readonly explainUrl?: string
  /** Prints nothing but what a reporter writes. @default false */
  readonly quiet?: boolean
  /** For editors, in files of JSON: `"./node_modules/nonplus/schema/config.json"`. */
  readonly $schema?: string
}

/** What a configuration has beside the options of a profiler. */
const OWN_CHECKS: Readonly<Record<Exclude<keyof NonplusConfig, keyof ProfilerOptions>, Check>> = {
  reporters: checkReporters,
  failOn(value, name) {
    checkStrings(value, name)
    checkFailOn(value, '`failOn`')
  },
  baseline: checkPath,
  explainUrl: checkUrl,
  quiet: checkBoolean,
  $schema: checkPath,
}

type Check = (value: unknown, name: string) => void

const CHECKS: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(optionNames.map((name) => [name, (value: unknown) => checkOptions({ [name]: value })])),
  ...OWN_CHECKS,
}

/** Every name a configuration may have. */
export const configNames: readonly string[] = Object.keys(CHECKS)

/**
 * Checks and returns a configuration; gives editors its type.
 *
 * @throws NonplusError with what was expected, what came, and the nearest valid name.
 */
export function defineConfig(config: NonplusConfig): NonplusConfig {
  return checkConfig(config)
}

/**
 * Checks what a configuration file holds, but for the names of reporters: they are not loaded where they are not used.
 *
 * @throws NonplusError as {@link defineConfig}.
 */
export function checkConfig(given: unknown): NonplusConfig {
  checkValues(given, CHECKS)
  return given as NonplusConfig
}

/** @throws NonplusError ERR_REPORTER_UNKNOWN */
export function checkReporterNames({ reporters = [] }: NonplusConfig, valid: readonly string[]): void {
  for (const entry of reporters) {
    const name = typeof entry === 'string' ? entry : entry[0]
    if (valid.includes(name)) continue
    const [reporter = '', file = ''] = name.split('=')
    const hint = valid.includes(reporter) ? `Write ['${reporter}', '${file}'].` : validNameHint(name, valid)
    throw new NonplusError('ERR_REPORTER_UNKNOWN', `Unknown reporter: \`${name}\`. ${hint}`)
  }
}

/** Reads `json=report.json`, as the command line and the environment have it; checks nothing. */
export function parseReporter(text: string): ReporterEntry {
  const cut = text.indexOf('=')
  return (cut === -1 ? text : [text.slice(0, cut), text.slice(cut + 1)]) as ReporterEntry
}

/** Writes what {@link parseReporter} reads. */
export function formatReporter(entry: ReporterEntry): string {
  return typeof entry === 'string' ? entry : entry.join('=')
}

function checkReporters(value: unknown, name: string): void {
  if (Array.isArray(value) && value.every(isReporterEntry)) return
  const example = "['console', ['json', 'report.json']]"
  throw new NonplusError(
    'ERR_OPTION_INVALID',
    `\`${name}\` must be a list of names, or of names with a file, as in ${example}, but got: ${display(value)}.`,
  )
}

/** Whatever it is, it may hold a password. */
function checkUrl(value: unknown, name: string): void {
  if (typeof value === 'string' && value.trim() !== '') return
  throw new NonplusError(
    'ERR_OPTION_INVALID',
    `\`${name}\` must be the URL of a database, as in 'postgres://localhost/shop', or the path of a SQLite file.`,
  )
}

function isReporterEntry(entry: unknown): boolean {
  if (!Array.isArray(entry)) return typeof entry === 'string'
  return entry.length === 2 && entry.every((part) => typeof part === 'string' && part !== '')
}

function checkPath(value: unknown, name: string): void {
  if (typeof value === 'string' && value !== '') return
  throw new NonplusError('ERR_OPTION_INVALID', `\`${name}\` must be a path, but got: ${display(value)}.`)
}
