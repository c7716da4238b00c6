import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ProcessCoverage, sumCoverage } from './coverage.ts'
import { KeptScopes } from './kept-scopes.ts'
import type { Finding } from './model/finding.ts'
import type { Report, ReportScope } from './model/report.ts'
import { PlanLedger } from './plan-ledger.ts'
import { withPlans } from './plan-report.ts'
import type { LogLine, LogRecord } from './run-log.ts'

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

/** What each process of a run saw, in the order they were started. */
export function readProcesses(folder: string): Pick<LogRecord, 'command' | 'coverage'>[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort((a, b) => startOf(a) - startOf(b))
    .flatMap((name) => parse<LogRecord>(readFileSync(join(folder, name), 'utf8')) ?? [])
}

// the last part of the name is the time
function startOf(name: string): number {
  return Number.parseInt(name.slice(name.lastIndexOf('-') + 1), 36)
}

class LogMerge {
  readonly #sources = new Map<string, string>()
  readonly #coverages: ProcessCoverage[] = []
  readonly #kept = new KeptScopes()
  readonly #ledger = new PlanLedger()
  #processes = 0
  #explains = false

  /** @param prefix makes the ids of its scopes unique in the run. */
  async addProcess(path: string, prefix: string): Promise<void> {
    const lines = createInterface({ input: createReadStream(`${path}.jsonl`), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const text of lines) {
      const line = parse<LogLine>(text)
      if (line?.type === 'source') this.#sources.set(line.file, line.text)
      else if (line?.type === 'plan') this.#ledger.add(line.outcome)
      else if (line !== undefined) this.#addScope(line.scope, line.findings, prefix)
    }
    this.#processes++
    const record = parse<LogRecord>(readFileSync(`${path}.json`, 'utf8'))
    if (record === undefined) return
    this.#coverages.push(record.coverage)
    this.#explains ||= record.explains === true
    this.#kept.sieve.droppedFindings += record.droppedFindings
    for (const part of record.totals) this.#kept.sieve.sum(part)
  }

  result(): RunReport {
    const notes =
      this.#processes > 0
        ? []
        : [
            'No Node.js process of this program loaded nonplus: it runs something else, or starts Node.js without the ' +
              'NODE_OPTIONS of its environment.',
          ]
    const { scopes, ...rest } = this.#kept.report(sumCoverage(this.#coverages), notes)
    const report = { ...rest, scopes: [...scopes].sort((a, b) => a.startedAt.localeCompare(b.startedAt)) }
    return { report: this.#explains ? withPlans(report, this.#ledger) : report, sources: this.#sources }
  }

  #addScope(scope: ReportScope, findings: readonly Finding[], prefix: string): void {
    const idOf = (id: string): string => prefix + id
    this.#kept.add(
      { ...scope, id: idOf(scope.id) },
      findings.map((finding) => ({ ...finding, scope: { ...finding.scope, id: idOf(finding.scope.id) } })),
    )
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
