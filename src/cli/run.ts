import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foregroundChild } from 'foreground-child'
import { LiveConsole } from '../live-console.ts'
import { NonplusError } from '../model/errors.ts'
import { checkKind, type ProfilerOptions } from '../options.ts'
import type { RunSettings } from '../register.ts'
import { readRunLogs } from '../run-log.ts'
import { checkFailOn, type FailOn, gateExitCode } from './exit-code.ts'
import { type Output, parseOutputs, writeOutput } from './output.ts'

/** Options of `nonplus run`, as commander gives them. */
export interface RunFlags {
  readonly reporter: readonly string[]
  readonly failOn?: readonly string[]
  readonly only?: readonly string[]
  readonly ignore?: readonly string[]
  readonly quiet?: boolean
  readonly color: boolean
}

/**
 * Runs a program with the profiler preloaded into every Node process it starts, forwards signals, and exits with the
 * program's own code; with 1 where it succeeded and `--fail-on` found something.
 *
 * @throws NonplusError where a flag is wrong; the program is then not started.
 */
export async function run(command: readonly string[], flags: RunFlags): Promise<void> {
  const outputs = parseOutputs(flags.reporter)
  const failOn = checkFailOn(flags.failOn ?? [])
  const options: ProfilerOptions = {
    ...(flags.only === undefined ? {} : { only: flags.only.map(checkKind) }),
    ...(flags.ignore === undefined ? {} : { ignore: flags.ignore.map(checkKind) }),
  }
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-run-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const showsConsole = !flags.quiet && !(outputs.length > 0 && outputs.every(({ file }) => file === undefined))
  const env = environmentFor({ folder, live: showsConsole, options }, flags)
  const [program = '', ...args] = command
  const child = foregroundChild(program, args, { env, shell: process.platform === 'win32' }, (code, signal) => {
    try {
      return conclude(folder, { outputs, failOn, showsConsole }, code, signal)
    } catch (error) {
      process.stderr.write(`nonplus: ${(error as Error).message}\n`)
      return code === 0 ? 2 : undefined
    }
  })
  child.once('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such program' : error.message
    process.stderr.write(`nonplus: cannot run \`${command.join(' ')}\`: ${reason}.\n`)
    process.exit(error.code === 'ENOENT' ? 127 : 126)
  })
}

interface Conclusion {
  readonly outputs: readonly Output[]
  readonly failOn: readonly FailOn[]
  readonly showsConsole: boolean
}

function conclude(
  folder: string,
  { outputs, failOn, showsConsole }: Conclusion,
  code: number | null,
  signal: NodeJS.Signals | null,
): number | undefined {
  const report = readRunLogs(folder)
  if (showsConsole) new LiveConsole(process.stderr).summarize(report)
  for (const output of outputs)
    if (output.reporter !== 'console' || output.file !== undefined) writeOutput(output, report)
  if (code !== 0 || signal !== null) return undefined
  return gateExitCode(report, failOn)
}

function environmentFor(settings: RunSettings, flags: RunFlags): NodeJS.ProcessEnv {
  const preload = `--import "${import.meta.resolve('nonplus/register')}"`
  const { NODE_OPTIONS = '' } = process.env
  if (process.env.NONPLUS === '0') {
    throw new NonplusError('ERR_OPTION_INVALID', 'NONPLUS=0 turns nonplus off; unset it to use `nonplus run`.')
  }
  return {
    ...process.env,
    NODE_OPTIONS: `${NODE_OPTIONS} ${preload}`.trim(),
    NONPLUS_RUN: JSON.stringify(settings),
    ...(flags.color ? {} : { NO_COLOR: '1' }),
  }
}
