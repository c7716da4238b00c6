import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { contextOf } from './live-console.ts'
import { NonplusError } from './model/errors.ts'
import { validNameHint } from './model/nearest.ts'
import type { Report } from './model/report.ts'
import { renderJobSummary } from './reporters/github.ts'
import { type ReporterName, reporters } from './reporters/index.ts'
import type { ReporterContext } from './reporters/reporter.ts'
import { writeText } from './write-text.ts'

/** One `--reporter name=file`. */
export interface Output<Name extends string = ReporterName> {
  readonly reporter: Name
  /** Absolute; absent for standard output. */
  readonly file?: string
}

/**
 * Reads `--reporter` values. `console` without a file is what is shown in any case, and so no output of its own, unless
 * `--quiet` keeps it from being shown.
 *
 * @throws NonplusError ERR_REPORTER_UNKNOWN, or ERR_OPTION_INVALID where two reports would go to one place.
 */
export function parseOutputs(values: readonly string[], isQuiet: boolean): Output[] {
  return parseOutputsOf(
    reporters,
    values,
    ({ reporter, file }) => reporter !== 'console' || file !== undefined || isQuiet,
  )
}

/** The same for other reporters; throws as {@link parseOutputs} does. */
export function parseOutputsOf<Name extends string>(
  registry: Readonly<Record<Name, unknown>>,
  values: readonly string[],
  isWritten: (output: Output<Name>) => boolean = () => true,
): Output<Name>[] {
  const outputs = values.map((value) => parseOutput(registry, value)).filter(isWritten)
  for (const [index, { reporter, file }] of outputs.entries()) {
    if (!outputs.slice(0, index).some((other) => other.file === file)) continue
    const place = file === undefined ? 'standard output' : `\`${file}\``
    const message = `Two reporters cannot both write to ${place}. Give one a file: --reporter ${reporter}=<file>.`
    throw new NonplusError('ERR_OPTION_INVALID', message)
  }
  return outputs
}

function parseOutput<Name extends string>(registry: Readonly<Record<Name, unknown>>, value: string): Output<Name> {
  const cut = value.indexOf('=')
  const name = cut === -1 ? value : value.slice(0, cut)
  if (!Object.hasOwn(registry, name)) throw unknownReporter(name, Object.keys(registry))
  const reporter = name as Name
  if (cut === -1) return { reporter }
  const path = value.slice(cut + 1)
  if (path === '') throw new NonplusError('ERR_OPTION_INVALID', `--reporter ${value} names no file after the \`=\`.`)
  return { reporter, file: resolve(path) }
}

function unknownReporter(name: string, valid: readonly string[]): NonplusError {
  return new NonplusError('ERR_REPORTER_UNKNOWN', `Unknown reporter: \`${name}\`. ${validNameHint(name, valid)}`)
}

/** True for a report on standard output: what the program prints there must then go elsewhere. */
export function isForStdout({ file }: Output<string>): boolean {
  return file === undefined
}

/** True for a report that shows the executions of each scope: the processes of a run are then to log them. */
export function wantsTimeline({ reporter }: Output): boolean {
  return reporter === 'trace'
}

/**
 * Makes the files of reports, empty, so that a wrong path fails before the program runs, and no old report is taken for
 * the new one.
 *
 * @throws NonplusError ERR_COMMAND_FAILED where a file cannot be written.
 */
export function openOutputs(outputs: readonly Output<string>[]): void {
  for (const { reporter, file } of outputs) {
    if (file === undefined) continue
    try {
      makeFolder(dirname(file))
      closeSync(openSync(file, 'w'))
    } catch (error) {
      const message = `Cannot write the ${reporter} report to ${file}: ${(error as Error).message}`
      throw new NonplusError('ERR_COMMAND_FAILED', message, { cause: error })
    }
  }
}

/** What {@link writeOutput} knows besides the report. */
export interface OutputOptions {
  /** False for no escape codes; there are none in files in any case. */
  readonly color: boolean
  /** Texts of sources that are not on disk. */
  readonly sources: ReadonlyMap<string, string>
  /** True where the statements came from no code. @default false */
  readonly hasNoCode?: boolean
}

/** Writes a report to where it was asked for; that of `github` also appends the summary of the job, where there is one. */
export function writeOutput({ reporter, file }: Output, report: Report, options: OutputOptions): void {
  const { color, sources, hasNoCode = false } = options
  const cwd = isForRepository.has(reporter) ? repositoryRoot() : process.cwd()
  const embeddedSourceOf = (path: string) => sources.get(path)
  const context = { ...contextOf(process.stdout, { color, cwd, embeddedSourceOf }), hasNoCode }
  if (file === undefined) writeText(1, reporters[reporter](report, context))
  else writeFileSync(file, reporters[reporter](report, { ...context, color: false, width: 100 }))
  if (reporter === 'github') appendJobSummary(report, { ...context, color: false })
}

/** Reporters whose readers know files by their path in the repository, wherever in it the run was. */
const isForRepository: ReadonlySet<ReporterName> = new Set(['github', 'gitlab', 'sarif'])

function repositoryRoot(): string {
  const cwd = process.cwd()
  const { GITHUB_WORKSPACE, CI_PROJECT_DIR } = process.env
  const holdsRun = (folder: string | undefined): folder is string =>
    folder !== undefined && isAbsolute(folder) && !/^\.\.(?:[\\/]|$)/.test(relative(folder, cwd))
  return [GITHUB_WORKSPACE, CI_PROJECT_DIR].find(holdsRun) ?? cwd
}

/** Summaries of a step above 1 MiB are refused as a whole, and others may have written to it. */
const MAX_SUMMARY = 900 * 1024

function appendJobSummary(report: Report, context: ReporterContext): void {
  const file = process.env.GITHUB_STEP_SUMMARY
  if (file === undefined || file === '') return
  const used = existsSync(file) ? statSync(file).size : 0
  appendFileSync(file, renderJobSummary(report, context, MAX_SUMMARY - used))
}

// one folder at a time: Node's own recursive way never comes back from /proc
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}
