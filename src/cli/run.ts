import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { concludeRun } from '../conclude-run.ts'
import { type NonplusConfig, parseReporter } from '../config.ts'
import { overrideConfig } from '../config-sources.ts'
import { checkFailOn } from '../gate.ts'
import { loadConfig } from '../load-config.ts'
import { checkKind, parseExplain } from '../options.ts'
import { outerRun } from '../outer-run.ts'
import { isForStdout, openOutputs, wantsTimeline } from '../output.ts'
import type { RunSettings } from '../register.ts'
import { type RunPlan, runPlanOf } from '../run-plan.ts'
import { type Ending, endAs, runInForeground } from './foreground.ts'
import { OtlpExport, type OtlpTarget, parseOtlpTarget } from './otlp-export.ts'

/** Options of `nonplus run`, as commander gives them. */
export interface RunFlags {
  readonly reporter: readonly string[]
  readonly failOn?: readonly string[]
  readonly only?: readonly string[]
  readonly ignore?: readonly string[]
  readonly baseline?: string
  readonly config?: string
  readonly values?: boolean
  readonly explain?: string | true
  readonly quiet?: boolean
  readonly otlp?: string
  readonly color: boolean
}

/** What is looked for, and what is done with it. */
interface Plan extends RunPlan {
  /** Absolute. */
  readonly baselineFile?: string
  readonly hasTimeline?: boolean
  readonly otlp?: OtlpTarget
}

/**
 * Runs a program with the profiler preloaded into every Node process it starts, forwards signals, and ends as the
 * program did; with 1 where it succeeded and `--fail-on` found something.
 *
 * @throws NonplusError where a flag or the configuration is wrong; the program is then not started.
 */
export async function run(command: readonly string[], flags: RunFlags): Promise<void> {
  const plan = await planOf(flags)
  const stdout = plan.outputs.some(isForStdout) ? 'stderr' : 'stdout'
  if (process.env.NONPLUS === '0') {
    process.stderr.write('nonplus: NONPLUS=0 is set: the program runs unwatched, and there is no report.\n')
    endAs(await runInForeground(command, { env: process.env, stdout }))
    return
  }
  openOutputs(plan.outputs)
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-run-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const env = environmentFor(folder, plan)
  const exported = plan.otlp === undefined ? undefined : new OtlpExport(plan.otlp, folder)
  const ending = await runInForeground(command, { env, stdout })
  // before the logs may be handed over to an outer run
  const losses = (await exported?.finish()) ?? []
  const exitCode = await conclude(folder, plan, ending)
  for (const loss of losses) process.stderr.write(`nonplus: ${loss}\n`)
  remove()
  endAs(exitCode === undefined ? ending : { code: exitCode, signal: null })
}

async function planOf(flags: RunFlags): Promise<Plan> {
  const loaded = await loadConfig({ file: flags.config })
  const { config } = overrideConfig(loaded, { name: 'flags', values: configOf(flags) })
  const plan = runPlanOf(config)
  return {
    ...plan,
    hasTimeline: plan.outputs.some(wantsTimeline) || flags.otlp !== undefined,
    ...(flags.otlp === undefined ? {} : { otlp: parseOtlpTarget(flags.otlp, process.env) }),
    ...(config.baseline === undefined ? {} : { baselineFile: resolve(config.baseline) }),
    color: flags.color,
  }
}

function configOf({ reporter, failOn, only, ignore, quiet, baseline, values, explain }: RunFlags): NonplusConfig {
  return {
    ...(reporter.length === 0 ? {} : { reporters: reporter.map(parseReporter) }),
    ...(failOn === undefined ? {} : { failOn: checkFailOn(failOn) }),
    ...(only === undefined ? {} : { only: only.map(checkKind) }),
    ...(ignore === undefined ? {} : { ignore: ignore.map(checkKind) }),
    ...(quiet === undefined ? {} : { quiet }),
    ...(values === undefined ? {} : { values }),
    ...(explain === undefined ? {} : { explain: parseExplain(explain) }),
    ...(baseline === undefined ? {} : { baseline }),
  }
}

/** @returns the exit code, where it is not the program's own. */
async function conclude(folder: string, plan: Plan, { code }: Ending): Promise<number | undefined> {
  try {
    const { exitCode } = await concludeRun(folder, plan)
    return code === 0 && exitCode === 1 ? 1 : undefined
  } catch (error) {
    process.stderr.write(`nonplus: ${(error as Error).message}\n`)
    return code === 0 ? 2 : undefined
  }
}

/**
 * What is required, although what is imported would do: with `--import` Node treats the program itself as an ES module, past
 * the hooks that ts-node, @swc-node/register and the like put into `require`.
 */
function registerPath(): string {
  return createRequire(import.meta.url)
    .resolve('nonplus/register')
    .replaceAll('\\', '\\\\')
}

type EnvironmentPlan = Pick<Plan, 'options' | 'isQuiet' | 'color' | 'baselineFile' | 'hasTimeline'>

/** The environment in which each Node process of a program loads nonplus, and leaves its log in `folder`. */
export function environmentFor(
  folder: string,
  { options, isQuiet, color, baselineFile, hasTimeline }: EnvironmentPlan,
): NodeJS.ProcessEnv {
  const outer = outerRun()
  const baseline = baselineFile ?? outer?.baseline
  const settings: RunSettings = {
    folder,
    live: !isQuiet && outer?.live !== false,
    color: color && outer?.color !== false,
    cwd: outer?.cwd ?? process.cwd(),
    ...(baseline === undefined ? {} : { baseline }),
    ...(hasTimeline === true || outer?.timeline === true ? { timeline: true } : {}),
    options,
  }
  const preload = `--require "${registerPath()}"`
  const { NODE_OPTIONS = '' } = process.env
  return {
    ...process.env,
    NODE_OPTIONS: NODE_OPTIONS.includes(preload) ? NODE_OPTIONS : `${NODE_OPTIONS} ${preload}`.trim(),
    NONPLUS_RUN: JSON.stringify(settings),
  }
}
