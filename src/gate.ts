import { NonplusError } from './model/errors.ts'
import type { FindingKind, Severity } from './model/finding.ts'
import { validNameHint } from './model/nearest.ts'
import type { Report } from './model/report.ts'
import { findingKinds } from './options.ts'

/** What `--fail-on` takes: a severity means this one and worse, a kind means itself. */
export type FailOn = Severity | FindingKind

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error']

/**
 * @param where the names were written, as the error says it.
 * @throws NonplusError ERR_OPTION_INVALID where a name is neither a severity nor a kind.
 */
export function checkFailOn(names: readonly string[], where = '--fail-on'): readonly FailOn[] {
  const valid: readonly string[] = [...SEVERITIES, ...findingKinds]
  for (const name of names) {
    if (valid.includes(name)) continue
    const message = `Unknown severity or kind in ${where}: \`${name}\`. ${validNameHint(name, valid)}`
    throw new NonplusError('ERR_OPTION_INVALID', message)
  }
  return names as readonly FailOn[]
}

/** 1 where the report has a finding that `failOn` names and no baseline tolerates, else 0. */
export function gateExitCode({ findings }: Report, failOn: readonly FailOn[]): 0 | 1 {
  const isNamed = findings.some(({ kind, severity, baseline }) =>
    failOn.some(
      (name) =>
        baseline !== 'unchanged' &&
        ((name === kind && severity !== 'info') ||
          (SEVERITIES.includes(name as Severity) &&
            SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(name as Severity))),
    ),
  )
  return isNamed ? 1 : 0
}
