import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ProcessCoverage, sumCoverage } from './coverage.ts'
import type { Finding } from './model/finding.ts'
import type { Report, ReportScope } from './model/report.ts'
import type { LogLine, LogRecord } from './run-log.ts'
import { ScopeSieve, sieveNotes } from './scope-sieve.ts'
import { version } from './version.ts'

/** What all processes of a run left. */
export interface RunReport {
  readonly report: Report
  /** Texts of sources that are not on disk. */
  readonly sources: ReadonlyMap<string, string>
}

/** Merges the logs of all processes of a run into one report. A torn last line of a killed process is left out. */
export async function readRunLogs(folder: string): Promise<RunReport> {
  const merge = new LogMerge()
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
  for (const [index, name] of names.sort().entries()) {
    await merge.addProcess(join(folder, name), names.length > 1 ? `p${index + 1}.` : '')
  }
  return merge.result()
}

class LogMerge {
  readonly #scopes: ReportScope[] = []
  readonly #findings: Finding[] = []
  readonly #sources = new Map<string, string>()
  readonly #coverages: ProcessCoverage[] = []
  readonly #sieve = new ScopeSieve()
  #processes = 0

  /** @param prefix makes the ids of its scopes unique in the run. */
  async addProcess(path: string, prefix: string): Promise<void> {
    const lines = createInterface({ input: createReadStream(`${path}.jsonl`), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const text of lines) {
      const line = parse<LogLine>(text)
      if (line?.type === 'source') this.#sources.set(line.file, line.text)
      else if (line !== undefined) this.#addScope(line.scope, line.findings, prefix)
    }
    this.#processes++
    const record = parse<LogRecord>(readFileSync(`${path}.json`, 'utf8'))
    if (record === undefined) return
    this.#coverages.push(record.coverage)
    this.#sieve.droppedFindings += record.droppedFindings
    for (const part of record.totals) this.#sieve.sum(part)
  }

  result(): RunReport {
    this.#scopes.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    const { warnings, ...coverage } = sumCoverage(this.#coverages)
    const unlisted = this.#sieve.totals()
    const notes = sieveNotes({ droppedFindings: this.#sieve.droppedFindings, totals: unlisted })
    if (this.#processes === 0) {
      notes.push(
        'No Node.js process of this program loaded nonplus: it runs something else, or starts Node.js without the ' +
          'NODE_OPTIONS of its environment.',
      )
    }
    const report: Report = {
      version: 1,
      tool: { name: 'nonplus', version },
      scopes: this.#scopes,
      ...(unlisted.length > 0 ? { unlisted } : {}),
      findings: this.#findings,
      coverage: { ...coverage, warnings: [...warnings, ...notes] },
    }
    return { report, sources: this.#sources }
  }

  #addScope(scope: ReportScope, findings: readonly Finding[], prefix: string): void {
    const sifted = this.#sieve.sift(scope, findings)
    if (sifted.isListed) this.#scopes.push({ ...scope, id: prefix + scope.id })
    for (const finding of sifted.findings) {
      this.#findings.push({ ...finding, scope: { ...finding.scope, id: prefix + finding.scope.id } })
    }
  }
}

function parse<Value>(text: string): Value | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as Value)
  } catch {
    // torn by a kill
    return undefined
  }
}
