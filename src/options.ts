import { type DetectorOptions, detectors } from './detectors/index.ts'
import type { CallSiteMode } from './instrument/scope.ts'
import { NonplusError } from './model/errors.ts'
import type { FindingKind } from './model/finding.ts'
import { isRecord } from './model/is-record.ts'
import { validNameHint } from './model/nearest.ts'

/** What a profiler, or one call of `profile()`, does differently from the defaults. */
export interface ProfilerOptions {
  /** Options of each kind, or `false` to leave it out: `{ 'n-plus-one': { threshold: 10 } }`. */
  readonly detectors?: DetectorOptions
  /** Kinds to look for; all where absent. */
  readonly only?: readonly FindingKind[]
  /** Kinds to leave out. */
  readonly ignore?: readonly FindingKind[]
  /** When stacks are captured. @default 'all', and 'repeated' where NODE_ENV is production */
  readonly callSites?: CallSiteMode
  /** Opens a scope per HTTP request; for `createProfiler` only. @default true */
  readonly http?: boolean
  /**
   * Tells the number of queries, their time and the N+1 queries in the header `Server-Timing` of each answer. `true`: but
   * where NODE_ENV is production, since anybody can read it; `'always'`: there, too. As {@link http}.
   *
   * @default false
   */
  readonly serverTiming?: boolean | 'always'
  /** Opens a scope per job of a queue or a clock, and per message of a WebSocket; as {@link http}. @default true */
  readonly jobs?: boolean
  /**
   * Judges what runs in no other scope as the work of the process: a script, the start of a server, a worker's loop;
   * for `createProfiler` only. `nonplus run` and `nonplus/register` ask for it.
   *
   * @default false
   */
  readonly processScope?: boolean
  /**
   * Tells values of parameters and literals in findings. They may be anybody's data: for development and tests, never for
   * reports that are kept.
   *
   * @default false
   */
  readonly values?: boolean
  /**
   * Asks the database for the plans of the statements that were sent, on a connection of nonplus's own, and judges them.
   * `true` (or `'plan'`): they are planned only. `'analyze'`: what is proven to read only is executed once more, so that
   * rows are actual ones. `'auto_explain'`: PostgreSQL tells the plan of each execution itself, where the application's
   * role may load that module; all else is planned only.
   *
   * @default false
   */
  readonly explain?: ExplainOption
}

/** Values of the option `explain`. */
export type ExplainOption = boolean | ExplainWith

/** How statements are explained. */
export type ExplainWith = 'plan' | 'analyze' | 'auto_explain'

const EXPLAIN_MODES: readonly ExplainWith[] = ['plan', 'analyze', 'auto_explain']

/** Every kind there is. */
export const findingKinds: readonly FindingKind[] = detectors.map(({ kind }) => kind)

const CALL_SITE_MODES: readonly CallSiteMode[] = ['all', 'repeated', 'none']

/** How each option is checked; also the list of those there are. */
export const optionChecks: Readonly<Record<keyof ProfilerOptions, (value: unknown, name: string) => void>> = {
  detectors: checkDetectors,
  only: checkKinds,
  ignore: checkKinds,
  callSites: (value) => checkName('value of `callSites`', value, CALL_SITE_MODES, 'ERR_OPTION_INVALID'),
  http: checkBoolean,
  serverTiming: checkServerTiming,
  jobs: checkBoolean,
  processScope: checkBoolean,
  values: checkBoolean,
  explain: checkExplain,
}

/** Every option of a profiler. */
export const optionNames = Object.keys(optionChecks) as readonly (keyof ProfilerOptions)[]

/**
 * Checks options at the start, so that a misspelt one does not pass for a default. One that is undefined is absent.
 *
 * @throws NonplusError with what was expected, what came, and the nearest valid name.
 */
export function checkOptions(options: ProfilerOptions): ProfilerOptions {
  checkValues(options, optionChecks)
  return options
}

/** True of a kind that is looked for. */
export function isWanted(kind: string, { only, ignore }: Pick<ProfilerOptions, 'only' | 'ignore'>): boolean {
  const has = (kinds: readonly string[] | undefined): boolean => kinds?.includes(kind) === true
  return (only === undefined || has(only)) && !has(ignore)
}

/**
 * Checks an object by a check per name.
 *
 * @throws NonplusError ERR_OPTION_INVALID where it is none, or has another name; and what the checks throw.
 */
export function checkValues(
  given: unknown,
  checks: Readonly<Record<string, (value: unknown, name: string) => void>>,
): void {
  if (!isRecord(given)) throw invalid(`Options must be an object, but got: ${display(given)}.`)
  for (const [name, value] of Object.entries(given)) {
    checkName('option', name, Object.keys(checks), 'ERR_OPTION_INVALID')
    if (value !== undefined) checks[name]?.(value, name)
  }
}

/** The options of a profiler in what may hold more. */
export function pickOptions(given: ProfilerOptions): ProfilerOptions {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(optionChecks, name)))
}

/** @throws NonplusError ERR_KIND_UNKNOWN */
export function checkKind(kind: string): FindingKind {
  checkName('kind', kind, findingKinds, 'ERR_KIND_UNKNOWN')
  return kind as FindingKind
}

/** @throws NonplusError ERR_OPTION_INVALID */
export function checkBoolean(value: unknown, name: string): void {
  if (typeof value !== 'boolean') throw invalid(`\`${name}\` must be true or false, but got: ${display(value)}.`)
}

function checkServerTiming(value: unknown): void {
  if (value === 'always' || typeof value === 'boolean') return
  throw invalid(`\`serverTiming\` must be true, false or 'always', but got: ${display(value)}.`)
}

function checkExplain(value: unknown): void {
  if (typeof value === 'boolean') return
  if (typeof value === 'string') checkName('value of `explain`', value, EXPLAIN_MODES, 'ERR_OPTION_INVALID')
  else throw invalid(`\`explain\` must be true, false, 'analyze' or 'auto_explain', but got: ${display(value)}.`)
}

/** How statements are to be explained; undefined where they are not. */
export function explainModeOf({ explain = false }: Pick<ProfilerOptions, 'explain'>): ExplainWith | undefined {
  if (explain === false) return undefined
  return explain === true ? 'plan' : explain
}

/**
 * Reads `--explain[=mode]`, as the command line gives it.
 *
 * @throws NonplusError ERR_OPTION_INVALID; where it is no mode at all it may be the program, so that is said.
 */
export function parseExplain(value: string | true): ExplainOption {
  if (value === true) return true
  if ((EXPLAIN_MODES as readonly string[]).includes(value)) return value as ExplainWith
  const hint = validNameHint(value, EXPLAIN_MODES)
  throw invalid(`Unknown mode of --explain: \`${value}\`. ${hint} Where that is the program, write -- before it.`)
}

/** @throws NonplusError ERR_OPTION_INVALID where it is no list of strings. */
export function checkStrings(value: unknown, name: string): asserts value is readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return
  throw invalid(`\`${name}\` must be a list of strings, but got: ${display(value)}.`)
}

function checkKinds(value: unknown, name: string): void {
  checkStrings(value, name)
  value.forEach(checkKind)
}

function checkDetectors(value: unknown): void {
  if (!isRecord(value)) {
    const example = "{ 'n-plus-one': { threshold: 10 } }"
    throw invalid(`\`detectors\` must be an object of kinds, as in ${example}, but got: ${display(value)}.`)
  }
  for (const [kind, settings] of Object.entries(value)) {
    checkKind(kind)
    if (settings === false || settings === undefined) continue
    if (!isRecord(settings)) {
      throw invalid(`\`${kind}\` of \`detectors\` must be an object or false, but got: ${display(settings)}.`)
    }
    checkSettings(kind, settings)
  }
}

function checkSettings(kind: string, settings: Readonly<Record<string, unknown>>): void {
  const defaults = detectors.find((detector) => detector.kind === kind)?.defaults as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(settings)) {
    checkName(`option of ${kind}`, name, Object.keys(defaults), 'ERR_OPTION_INVALID')
    if (typeof value === 'number' && Number.isInteger(value) && value >= 2) continue
    throw invalid(`\`${name}\` of ${kind} must be an integer from 2 up, but got: ${display(value)}.`)
  }
}

function checkName(
  what: string,
  given: unknown,
  valid: readonly string[],
  code: 'ERR_OPTION_INVALID' | 'ERR_KIND_UNKNOWN',
): void {
  if (valid.includes(given as string)) return
  throw new NonplusError(code, `Unknown ${what}: \`${given}\`. ${validNameHint(String(given), valid)}`)
}

function invalid(message: string): NonplusError {
  return new NonplusError('ERR_OPTION_INVALID', message)
}

/** A value as an error shows it. */
export function display(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null && 'then' in value) return 'a promise'
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return `a ${typeof value}`
  }
}

/** Stacks at every execution help where people look at each finding; in production only repeats are worth it. */
export function defaultCallSites(): CallSiteMode {
  return process.env.NODE_ENV === 'production' ? 'repeated' : 'all'
}
