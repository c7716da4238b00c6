import { applyBaseline } from '../baseline.ts'
import type { Finding, FindingKind } from '../model/finding.ts'
import { checkKind } from '../options.ts'
import { readBaseline } from '../read-baseline.ts'
import { type Allowance, checkAllowances, isAllowed } from './allowance.ts'
import { type Block, checkBlock } from './block.ts'
import { checkNames, checkNumber } from './check-options.ts'
import { failureText, findingsText, nothingSeen } from './failure.ts'
import { type Measured, measure } from './measure.ts'
import type { Outcome } from './outcome.ts'
import { warnOfOneRow } from './warn-of-data.ts'

/** What is tolerated in a block. */
export interface NoFindingsOptions {
  /** Kinds that fail; all where absent. */
  readonly kinds?: readonly FindingKind[]
  readonly allow?: readonly Allowance[]
  /** File of tolerated findings, as `nonplus baseline` writes it. */
  readonly baseline?: string
}

/** What is tolerated in a block, of N+1 alone. */
export interface NoNPlusOneOptions extends Omit<NoFindingsOptions, 'kinds'> {
  /** Runs of the repeated statement from which on it fails. @default 2, since a proven one can only grow */
  readonly threshold?: number
}

/**
 * Runs a block and looks for findings of severity `warning` and worse. One that sent nothing fails: it would pass
 * whatever the code does.
 *
 * @throws NonplusError ERR_OPTION_INVALID or ERR_KIND_UNKNOWN for wrong use, and what the block throws.
 */
export async function noFindings<Result>(
  name: string,
  block: Block<Result>,
  options: NoFindingsOptions = {},
): Promise<Outcome<Result>> {
  const call = 'toHaveNoFindings()'
  checkBlock(block, `expect(fn).${call}`)
  checkNames(options, ['kinds', 'allow', 'baseline'], call)
  const kinds = options.kinds?.map(checkKind)
  return judge(await measure(name, block, { isJudged: true, ...(kinds && { only: kinds }) }), options, call, 'findings')
}

/** As {@link noFindings}, of N+1 alone. */
export async function noNPlusOne<Result>(
  name: string,
  block: Block<Result>,
  options: NoNPlusOneOptions = {},
): Promise<Outcome<Result>> {
  const call = 'toHaveNoNPlusOne()'
  checkBlock(block, `expect(fn).${call}`)
  checkNames(options, ['allow', 'threshold', 'baseline'], call)
  checkNumber(options.threshold, 'threshold', call, 2)
  const measured = await measure(name, block, { isJudged: true, only: ['n-plus-one'] })
  const outcome = judge(measured, options, call, 'N+1', options.threshold)
  if (outcome.pass) warnOfOneRow(name, measured)
  return outcome
}

function judge<Result>(
  measured: Measured<Result>,
  { allow, baseline }: NoFindingsOptions,
  call: string,
  what: string,
  threshold = 2,
): Outcome<Result> {
  checkAllowances(allow, call)
  const { result, report } = measured
  if (measured.count === 0) return nothingSeen(measured)
  const findings = tolerate(report, baseline).filter(
    (finding) => finding.severity !== 'info' && finding.count >= threshold && !isAllowed(finding, allow),
  )
  const pass = findings.length === 0
  const message = (): string =>
    pass
      ? failureText(`Expected ${what}, but there is none in ${measured.count} queries.`, measured)
      : findingsText(`Expected no ${what}, but found ${findings.length}:`, findings, measured)
  return { pass, result, message }
}

/** Findings of the block that no baseline tolerates. */
function tolerate(report: Measured['report'], baseline: string | undefined): readonly Finding[] {
  if (baseline === undefined) return report.findings
  return applyBaseline(report, readBaseline(baseline)).findings.filter((finding) => finding.baseline !== 'unchanged')
}
