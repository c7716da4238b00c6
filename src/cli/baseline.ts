import { existsSync, writeFileSync } from 'node:fs'
import { emptyBaseline, formatBaseline, mergeBaseline, pruneBaseline } from '../baseline.ts'
import type { Baseline } from '../model/baseline.ts'
import { NonplusError } from '../model/errors.ts'
import { readBaseline } from '../read-baseline.ts'
import { readReport } from '../read-report.ts'

/** Options of `nonplus baseline`, as commander gives them. */
export interface BaselineFlags {
  readonly file: string
  readonly reason: string
  readonly prune?: boolean
  readonly check?: boolean
}

/**
 * Adds the findings of reports to a baseline, or removes the entries that none of them has.
 *
 * @returns the exit code: 1 where `--check` finds that the file would change.
 * @throws NonplusError where a report or the baseline cannot be read, or the baseline cannot be written.
 */
export function baseline(files: readonly string[], { file, reason, prune, check }: BaselineFlags): 0 | 1 {
  if (reason.trim() === '') throw new NonplusError('ERR_OPTION_INVALID', '--reason must be a sentence, but is empty.')
  const reports = files.map(readReport)
  const isThere = existsSync(file)
  const before = isThere || prune === true ? readBaseline(file) : emptyBaseline
  const after = prune === true ? pruneBaseline(before, reports) : mergeBaseline(before, reports, reason)
  const changes = describeChanges(before, after, mergeBaseline(emptyBaseline, reports))
  process.stdout.write(`${file}: ${changes}\n`)
  const isChanged = before.findings.length !== after.findings.length
  if (check === true) return isChanged ? 1 : 0
  if (isChanged || !isThere) write(file, formatBaseline(after))
  return 0
}

function describeChanges(before: Baseline, after: Baseline, met: Baseline): string {
  const [known, left, seen] = [before, after, met].map(identitiesOf) as [Set<string>, Set<string>, Set<string>]
  const count = (all: Iterable<string>, isCounted: (identity: string) => boolean) => [...all].filter(isCounted).length
  const added = count(left, (identity) => !known.has(identity))
  const removed = count(known, (identity) => !left.has(identity))
  const stale = count(left, (identity) => !seen.has(identity))
  const parts = [
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
    `${left.size - added} kept`,
    ...(stale > 0 ? [`of these ${stale} not in what was read (--prune removes such)`] : []),
  ]
  return parts.join(', ')
}

function identitiesOf({ findings }: Baseline): Set<string> {
  return new Set(findings.map(({ identity }) => identity))
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    const message = `Cannot write the baseline ${file}: ${(error as Error).message}`
    throw new NonplusError('ERR_COMMAND_FAILED', message, { cause: error })
  }
}
