import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { processCoverage } from './coverage.ts'
import type { Finding } from './model/finding.ts'
import type { Coverage, DriverCoverage, Report, ReportScope } from './model/report.ts'
import type { ScopeResult } from './profiler.ts'
import { version } from './version.ts'

type Line =
  | { readonly type: 'scope'; readonly scope: ReportScope; readonly findings: readonly Finding[] }
  | { readonly type: 'coverage'; readonly coverage: Coverage }

/** Scopes and findings of a run that are kept; the rest is counted in the warnings. */
const MAX_KEPT = 10_000

/** Lines written at once; a process that is killed loses at most this long. */
const FLUSH_MS = 50

/**
 * One file per watched process, a JSON line per scope, in a folder that `nonplus run` reads when its child has ended:
 * a program may be several processes (`npm start` is three), and any of them may be killed at any time.
 */
export class RunLog {
  readonly #file: string
  #lines: string[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#file = join(folder, `${process.pid}.jsonl`)
  }

  /** Notes a scope; it reaches the file within 50 ms, or when the process ends. */
  add({ scope, findings }: ScopeResult): void {
    this.#append({ type: 'scope', scope, findings })
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref()
  }

  /** Writes what is waiting, and the coverage so far. A process that has seen nothing leaves no file. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const coverage = processCoverage()
    if (this.#lines.length === 0 && coverage.seen === 0 && coverage.drivers.length === 0) return
    this.#append({ type: 'coverage', coverage })
    const text = this.#lines.join('')
    this.#lines = []
    appendFileSync(this.#file, text)
  }

  #append(line: Line): void {
    this.#lines.push(`${JSON.stringify(line)}\n`)
  }
}

/** Merges the logs of all processes of a run into one report. A torn last line of a killed process is left out. */
export function readRunLogs(folder: string): Report {
  const scopes: ReportScope[] = []
  const findings: Finding[] = []
  const coverages: Coverage[] = []
  let dropped = 0
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'))
  for (const [index, file] of files.sort().entries()) {
    const prefix = files.length > 1 ? `p${index + 1}.` : ''
    let coverage: Coverage | undefined
    for (const line of linesOf(join(folder, file))) {
      if (line.type === 'coverage') coverage = line.coverage
      else if (scopes.length >= MAX_KEPT) dropped += 1 + line.findings.length
      else {
        scopes.push({ ...line.scope, id: prefix + line.scope.id })
        findings.push(...line.findings.map((finding) => withScopeId(finding, prefix + finding.scope.id)))
      }
    }
    if (coverage !== undefined) coverages.push(coverage)
  }
  scopes.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
  const notes = dropped === 0 ? [] : [`${dropped} scopes and findings beyond the first ${MAX_KEPT} are not listed.`]
  const coverage = mergeCoverage(coverages, notes)
  return { version: 1, tool: { name: 'nonplus', version }, scopes, findings, coverage }
}

function withScopeId(finding: Finding, id: string): Finding {
  return { ...finding, scope: { ...finding.scope, id } }
}

function linesOf(file: string): Line[] {
  const lines: Line[] = []
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    try {
      if (text !== '') lines.push(JSON.parse(text) as Line)
    } catch {
      // torn by a kill
    }
  }
  return lines
}

function mergeCoverage(coverages: readonly Coverage[], notes: readonly string[]): Coverage {
  const drivers = new Map<string, DriverCoverage>()
  const warnings = new Set<string>()
  let seen = 0
  let attributed = 0
  let withCallSite = 0
  for (const coverage of coverages) {
    seen += coverage.seen
    attributed += coverage.attributed
    withCallSite += coverage.withCallSite
    for (const driver of coverage.drivers) drivers.set(`${driver.name}@${driver.version}@${driver.via}`, driver)
    for (const warning of coverage.warnings) warnings.add(warning)
  }
  return { seen, attributed, withCallSite, drivers: [...drivers.values()], warnings: [...warnings, ...notes] }
}
