import { closeSync, openSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { contextOf } from '../live-console.ts'
import { NonplusError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { Report } from '../model/report.ts'
import { type ReporterName, reporters } from '../reporters/index.ts'

/** One `--reporter name=file`. */
export interface Output {
  readonly reporter: ReporterName
  /** Absolute; absent for standard output. */
  readonly file?: string
}

/**
 * Reads `--reporter` values, and opens their files, so that a wrong name or path fails before the program runs.
 *
 * @throws NonplusError ERR_REPORTER_UNKNOWN, or ERR_COMMAND_FAILED where a file cannot be written.
 */
export function parseOutputs(values: readonly string[]): Output[] {
  return values.map((value) => {
    const cut = value.indexOf('=')
    const name = cut === -1 ? value : value.slice(0, cut)
    if (!Object.hasOwn(reporters, name)) throw unknownReporter(name)
    const reporter = name as ReporterName
    if (cut === -1) return { reporter }
    const file = resolve(value.slice(cut + 1))
    try {
      closeSync(openSync(file, 'a'))
    } catch (error) {
      const message = `Cannot write the ${name} report to ${file}: ${(error as Error).message}`
      throw new NonplusError('ERR_COMMAND_FAILED', message, { cause: error })
    }
    return { reporter, file }
  })
}

function unknownReporter(name: string): NonplusError {
  const valid = Object.keys(reporters)
  const near = nearest(name, valid)
  const hint = near === undefined ? `Valid: ${valid.join(', ')}.` : `Did you mean \`${near}\`?`
  return new NonplusError('ERR_REPORTER_UNKNOWN', `Unknown reporter: \`${name}\`. ${hint}`)
}

/** Writes a report to where it was asked for. */
export function writeOutput({ reporter, file }: Output, report: Report): void {
  if (file === undefined) process.stdout.write(reporters[reporter](report, contextOf(process.stdout)))
  else {
    const context = { ...contextOf(process.stdout), color: false, width: 100 }
    writeFileSync(file, reporters[reporter](report, context))
  }
}
