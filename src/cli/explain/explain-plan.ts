import { type LoadedConfig, overrideConfig } from '../../config-sources.ts'
import { checkFailOn, type FailOn } from '../../gate.ts'
import { loadConfig } from '../../load-config.ts'
import { NonplusError } from '../../model/errors.ts'
import type { Dialect } from '../../model/statement.ts'
import { checkKind, display, type ProfilerOptions, pickOptions } from '../../options.ts'
import { type Output, parseOutputsOf } from '../../output.ts'
import { reporters } from '../../reporters/index.ts'

/** Options of `nonplus explain`, as commander gives them. */
export interface ExplainFlags {
  readonly url?: string
  readonly params?: string
  readonly session: readonly string[]
  readonly analyze?: boolean
  readonly generic?: boolean
  readonly plan?: string
  readonly statistics?: string
  readonly exportStatistics?: string
  readonly scratch?: boolean
  readonly timeout?: string
  readonly reporter: readonly string[]
  readonly failOn?: readonly string[]
  readonly only?: readonly string[]
  readonly ignore?: readonly string[]
  readonly values?: boolean
  readonly config?: string
  readonly color: boolean
}

/** What is explained, how, and what is done with it. */
export interface ExplainPlan {
  /** Absent where a saved plan is read. */
  readonly url?: string
  /** File of a saved plan, `-` for standard input. */
  readonly planFile?: string
  /** Statistics of another database to plan by. */
  readonly statisticsFile?: string
  /** Where to write those of this one. */
  readonly exportFile?: string
  /** Undefined where they are not known. */
  readonly values?: readonly unknown[]
  readonly session: readonly string[]
  readonly isAnalyzed: boolean
  readonly isScratchAllowed: boolean
  readonly timeoutMs: number
  readonly outputs: readonly Output[]
  readonly failOn: readonly FailOn[]
  readonly options: ProfilerOptions
  readonly color: boolean
}

const defaultTimeoutMs = 2_000

/**
 * Reads the flags; what they leave open is in the configuration and the environment.
 *
 * @throws NonplusError where a flag or the configuration is wrong, or there is no database to ask.
 */
export async function explainPlanOf(flags: ExplainFlags): Promise<ExplainPlan> {
  checkTogether(flags)
  const { config } = await configOf(flags)
  const url = flags.plan === undefined ? urlOf(flags, config) : undefined
  const values = flags.params === undefined ? undefined : parseParams(flags.params)
  return {
    ...(url === undefined ? {} : { url }),
    ...(flags.plan === undefined ? {} : { planFile: flags.plan }),
    ...(flags.statistics === undefined ? {} : { statisticsFile: flags.statistics }),
    ...(flags.exportStatistics === undefined ? {} : { exportFile: flags.exportStatistics }),
    ...(values === undefined ? {} : { values }),
    session: flags.session,
    isAnalyzed: flags.analyze === true,
    isScratchAllowed: flags.scratch === true,
    timeoutMs: flags.timeout === undefined ? defaultTimeoutMs : parseTimeout(flags.timeout),
    outputs: parseOutputsOf(reporters, flags.reporter.length === 0 ? ['console'] : flags.reporter),
    failOn: config.failOn ?? [],
    options: pickOptions(config),
    color: flags.color,
  }
}

/** Of the configuration, what is looked for; where reports of runs go is not meant for this. */
async function configOf({ config, failOn, only, ignore, values }: ExplainFlags): Promise<LoadedConfig> {
  return overrideConfig(await loadConfig({ file: config }), {
    name: 'flags',
    values: {
      ...(failOn === undefined ? {} : { failOn: checkFailOn(failOn) }),
      ...(only === undefined ? {} : { only: only.map(checkKind) }),
      ...(ignore === undefined ? {} : { ignore: ignore.map(checkKind) }),
      ...(values === undefined ? {} : { values }),
    },
  })
}

const apart: readonly (readonly [keyof ExplainFlags, keyof ExplainFlags, string])[] = [
  ['plan', 'url', 'a saved plan is read without a database'],
  ['plan', 'analyze', 'a saved plan is read without a database'],
  ['plan', 'statistics', 'a saved plan is read without a database'],
  ['plan', 'scratch', 'a saved plan is read without a database'],
  ['plan', 'exportStatistics', 'a saved plan is read without a database'],
  ['statistics', 'exportStatistics', 'the one reads what the other writes'],
  ['generic', 'params', 'the generic plan is the one for unknown values'],
  ['generic', 'analyze', 'only a statement with its values can be executed'],
  ['statistics', 'analyze', 'a statement cannot be executed on statistics alone'],
]

function checkTogether(flags: ExplainFlags): void {
  for (const [one, other, why] of apart) {
    if (flags[one] === undefined || flags[other] === undefined) continue
    throw wrong(`${flagOf(one)} and ${flagOf(other)} exclude each other: ${why}.`)
  }
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** What was said for nonplus goes before what the application is started with. */
function urlOf({ url }: ExplainFlags, { explainUrl }: LoadedConfig['config']): string {
  const found = url ?? explainUrl ?? process.env.DATABASE_URL
  if (found !== undefined && found !== '') return found
  throw wrong(
    'There is no database to ask: give --url postgres://…, mysql://… or the file of a SQLite database, or set ' +
      'NONPLUS_EXPLAIN_URL or DATABASE_URL, or `explainUrl` in the configuration; or read a saved plan with --plan <file>.',
  )
}

/** Grammar of the statements that a database reads, by its URL. */
export function dialectOf(url: string): Dialect {
  if (/^postgres(ql)?:/i.test(url)) return 'postgresql'
  return /^(mysql|mariadb):/i.test(url) ? 'mysql' : 'sqlite'
}

function parseParams(text: string): readonly unknown[] {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (error) {
    throw wrong(`--params must be a JSON array, as in '[77, "done"]', but it is no JSON: ${(error as Error).message}.`)
  }
  if (Array.isArray(values)) return values
  throw wrong(`--params must be a JSON array, as in '[77, "done"]', but got: ${display(values)}.`)
}

function parseTimeout(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 600_000) return Number(text)
  throw wrong(`--timeout must be milliseconds, a whole number from 1 to 600000, but got: ${text}.`)
}

function wrong(message: string): NonplusError {
  return new NonplusError('ERR_OPTION_INVALID', message)
}
