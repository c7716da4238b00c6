import { writeFileSync } from 'node:fs'
import { contextOf } from '../live-console.ts'
import { openOutputs, parseOutputsOf } from '../output.ts'
import { readReport } from '../read-report.ts'
import { checkRules } from '../regressions.ts'
import { diffReports } from '../report-diff.ts'
import { diffReporters } from '../reporters/diff-reporters.ts'
import { writeText } from '../write-text.ts'

/** Options of `nonplus diff`, as commander gives them. */
export interface DiffFlags {
  readonly reporter: readonly string[]
  readonly failOn: readonly string[]
  readonly color: boolean
}

/**
 * Compares two JSON reports by the names of their scopes, and writes what changed.
 *
 * @returns the exit code: 1 where something became worse by the rules of `--fail-on`.
 * @throws NonplusError where a flag is wrong, a report cannot be read, or a file cannot be written.
 */
export function diff(before: string, after: string, { reporter, failOn, color }: DiffFlags): 0 | 1 {
  const outputs = parseOutputsOf(diffReporters, reporter.length === 0 ? ['text'] : reporter)
  const rules = checkRules(failOn)
  const result = diffReports(readReport(before), readReport(after), rules)
  openOutputs(outputs)
  const context = contextOf(process.stdout, { color })
  for (const { reporter: name, file } of outputs) {
    if (file === undefined) writeText(1, diffReporters[name](result, context))
    else writeFileSync(file, diffReporters[name](result, { ...context, color: false, width: 100 }))
  }
  return result.regressions.length === 0 ? 0 : 1
}
