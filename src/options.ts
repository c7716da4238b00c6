import { type DetectorOptions, detectors } from './detectors/index.ts'
import type { CallSiteMode } from './instrument/scope.ts'
import { NonplusError } from './model/errors.ts'
import type { FindingKind } from './model/finding.ts'
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
  /** Opens a scope per job of a queue or a clock, and per message of a WebSocket; as {@link http}. @default true */
  readonly jobs?: boolean
  /**
   * Judges what runs in no other scope as the work of the process: a script, the start of a server, a worker's loop;
   * for `createProfiler` only. `nonplus run` and `nonplus/register` ask for it.
   *
   * @default false
   */
  readonly processScope?: boolean
}

/** Every kind there is. */
export const findingKinds: readonly FindingKind[] = detectors.map(({ kind }) => kind)

const OPTION_NAMES: readonly (keyof ProfilerOptions)[] = [
  'detectors',
  'only',
  'ignore',
  'callSites',
  'http',
  'jobs',
  'processScope',
]
const CALL_SITE_MODES: readonly CallSiteMode[] = ['all', 'repeated', 'none']

/**
 * Checks options at the start, so that a misspelt one does not pass for a default.
 *
 * @throws NonplusError with what was expected, what came, and the nearest valid name.
 */
export function checkOptions(options: ProfilerOptions): ProfilerOptions {
  for (const name of Object.keys(options)) checkName('option', name, OPTION_NAMES, 'ERR_OPTION_INVALID')
  for (const kind of [...(options.only ?? []), ...(options.ignore ?? [])]) checkKind(kind)
  if (options.callSites !== undefined) {
    checkName('value of `callSites`', options.callSites, CALL_SITE_MODES, 'ERR_OPTION_INVALID')
  }
  for (const [kind, settings] of Object.entries(options.detectors ?? {})) {
    checkKind(kind)
    if (settings !== false) checkSettings(kind, settings as Record<string, unknown>)
  }
  return options
}

/** True of a kind that is looked for. */
export function isWanted(kind: string, { only, ignore }: Pick<ProfilerOptions, 'only' | 'ignore'>): boolean {
  const has = (kinds: readonly string[] | undefined): boolean => kinds?.includes(kind) === true
  return (only === undefined || has(only)) && !has(ignore)
}

/** @throws NonplusError ERR_KIND_UNKNOWN */
export function checkKind(kind: string): FindingKind {
  checkName('kind', kind, findingKinds, 'ERR_KIND_UNKNOWN')
  return kind as FindingKind
}

function checkSettings(kind: string, settings: Record<string, unknown>): void {
  const defaults = detectors.find((detector) => detector.kind === kind)?.defaults as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(settings)) {
    checkName(`option of ${kind}`, name, Object.keys(defaults), 'ERR_OPTION_INVALID')
    if (typeof value === 'number' && Number.isInteger(value) && value >= 2) continue
    throw new NonplusError(
      'ERR_OPTION_INVALID',
      `\`${name}\` of ${kind} must be an integer from 2 up, but got: ${JSON.stringify(value)}.`,
    )
  }
}

function checkName(
  what: string,
  given: string,
  valid: readonly string[],
  code: 'ERR_OPTION_INVALID' | 'ERR_KIND_UNKNOWN',
): void {
  if (valid.includes(given)) return
  throw new NonplusError(code, `Unknown ${what}: \`${given}\`. ${validNameHint(String(given), valid)}`)
}

/** Checks and returns a configuration; gives editors its type. */
export function defineConfig(config: ProfilerOptions): ProfilerOptions {
  return checkOptions(config)
}

/** Stacks at every execution help where people look at each finding; in production only repeats are worth it. */
export function defaultCallSites(): CallSiteMode {
  return process.env.NODE_ENV === 'production' ? 'repeated' : 'all'
}
