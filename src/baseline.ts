import type { Baseline, BaselineEntry } from './model/baseline.ts'
import { NonplusError } from './model/errors.ts'
import type { Finding } from './model/finding.ts'
import type { Report } from './model/report.ts'
import { compareText } from './reporters/grouping.ts'

/** Where the commands look for a baseline, and write one. */
export const BASELINE_FILE = 'nonplus-baseline.json'

/** Reason of an entry for which none was given. */
export const DEFAULT_REASON = 'was there when the baseline was written'

/** No entries. */
export const emptyBaseline: Baseline = { version: 1, findings: [] }

/**
 * Marks each finding as `new`, or as `unchanged` where the baseline has its identity, and tells the entries that were
 * not met.
 *
 * @param isLookedFor false for kinds that were left out: that they were not met says nothing.
 */
export function applyBaseline(
  report: Report,
  { findings: entries }: Baseline,
  isLookedFor: (kind: string) => boolean = () => true,
): Report {
  const known = new Set(entries.map(({ identity }) => identity))
  const met = new Set(report.findings.map(({ identity }) => identity))
  return {
    ...report,
    findings: report.findings.map((finding) => ({
      ...finding,
      baseline: known.has(finding.identity) ? 'unchanged' : 'new',
    })),
    baseline: {
      unchanged: entries.filter(({ identity }) => met.has(identity)),
      absent: entries.filter(({ identity, kind }) => !met.has(identity) && isLookedFor(kind)),
    },
  }
}

/**
 * The baseline with an entry for every finding of some reports. Entries that are there stay as they are, so that a
 * reason is never lost and a count that varies makes no difference in the file.
 *
 * @param reason of the entries that are added.
 */
export function mergeBaseline(baseline: Baseline, reports: readonly Report[], reason = DEFAULT_REASON): Baseline {
  const entries = new Map(baseline.findings.map((entry) => [entry.identity, entry]))
  for (const [identity, finding] of heaviestOf(reports)) {
    if (!entries.has(identity)) entries.set(identity, entryOf(finding, reason))
  }
  return sorted([...entries.values()])
}

/** The baseline without the entries that none of some reports has. Nothing is added. */
export function pruneBaseline(baseline: Baseline, reports: readonly Report[]): Baseline {
  const met = heaviestOf(reports)
  return sorted(baseline.findings.filter(({ identity }) => met.has(identity)))
}

/** By identity, the finding with the most executions. */
function heaviestOf(reports: readonly Report[]): Map<string, Finding> {
  const heaviest = new Map<string, Finding>()
  for (const finding of reports.flatMap(({ findings }) => findings)) {
    const known = heaviest.get(finding.identity)
    if (known === undefined || finding.count > known.count) heaviest.set(finding.identity, finding)
  }
  return heaviest
}

function entryOf({ identity, kind, callSite, statement, count }: Finding, reason: string): BaselineEntry {
  const where = callSite === undefined ? {} : { where: { file: callSite.file, function: callSite.function } }
  return { identity, kind, reason, ...where, statement: statement.summary, count }
}

function sorted(findings: readonly BaselineEntry[]): Baseline {
  return { version: 1, findings: [...findings].sort((a, b) => compareText(a.identity, b.identity)) }
}

/** The text of a baseline file: the same for the same entries, one line per property, so that a diff is easily read. */
export function formatBaseline(baseline: Baseline): string {
  return `${JSON.stringify(baseline, null, 2)}\n`
}

/**
 * Reads the text of a baseline file.
 *
 * @throws NonplusError ERR_OPTION_INVALID with the file and what is wrong in it.
 */
export function parseBaseline(text: string, file: string): Baseline {
  const fault = (what: string) => new NonplusError('ERR_OPTION_INVALID', `${file} is no baseline of nonplus: ${what}`)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw fault((error as Error).message)
  }
  const { version, findings } = (document ?? {}) as Partial<Record<keyof Baseline, unknown>>
  if (version !== 1) throw fault(`expected \`version\` 1, but got: ${JSON.stringify(version)}.`)
  if (!Array.isArray(findings)) throw fault(`\`findings\` must be an array, but got: ${JSON.stringify(findings)}.`)
  for (const [index, entry] of findings.entries()) {
    const wrong = (['identity', 'kind', 'reason'] as const).find((name) => !isFilled(entry?.[name]))
    if (wrong === undefined) continue
    const got = JSON.stringify(entry?.[wrong])
    throw fault(`\`findings[${index}].${wrong}\` must be a text that is not empty, but got: ${got}.`)
  }
  return document as Baseline
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}
