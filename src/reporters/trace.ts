import type { Finding } from '../model/finding.ts'
import type { ReportScope, ScopeExecution } from '../model/report.ts'
import { placeOf } from './finding-places.ts'
import { groupByIdentity } from './grouping.ts'
import { escapeControls } from './json-text.ts'
import { printable } from './layout.ts'
import { formatPlace } from './place.ts'
import { withoutDirectory } from './relative-path.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { layOut, overlapping, type Span } from './trace-lanes.ts'

/**
 * Chrome trace events, for Perfetto, chrome://tracing and speedscope: a slice for each scope, with its statements inside of it
 * where they were logged; what runs beside something else is on a lane of its own.
 */
export const trace: Reporter = (report, context) => {
  const byScope = new Map<string, Finding[]>()
  for (const finding of report.findings) append(byScope, finding.scope.id, [finding])
  const origin = report.scopes.reduce((first, { startedAt }) => Math.min(first, Date.parse(startedAt)), Infinity)
  const byProcess = new Map<number, Slice[]>()
  for (const scope of report.scopes) {
    append(byProcess, processOf(scope), slicesOf(scope, origin, byScope.get(scope.id) ?? [], context))
  }
  const events = [...byProcess].sort(([a], [b]) => a - b).flatMap(([pid, slices]) => eventsOf(pid, slices))
  const document = {
    traceEvents: events,
    displayTimeUnit: 'ms',
    otherData: {
      tool: `${report.tool.name} ${report.tool.version}`,
      findings: groupByIdentity(report.findings).map(({ worst }) => describeFinding(worst, context)),
      warnings: report.coverage.warnings.map((warning) => printable(withoutDirectory(warning, context.cwd))),
    },
  }
  // an event on a line: as one line it is too long to look at, and indented it is too long to load
  const text = JSON.stringify(document).replace(/(?<=[[,])\{"name":/g, '\n{"name":')
  return `${escapeControls(text)}\n`
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, items: readonly Item[]): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [...items])
  else list.push(...items)
}

/** A span that is drawn, with the spans that are drawn inside of it. */
interface Slice extends Span {
  readonly event: Readonly<Record<string, unknown>>
  readonly inside: readonly Slice[]
}

/** The scope with what fits into it, and beside it the executions that overlap these. */
function slicesOf(scope: ReportScope, origin: number, findings: readonly Finding[], context: ReporterContext): Slice[] {
  const startMs = Date.parse(scope.startedAt) - origin
  const endMs = startMs + scope.durationMs
  const titles = new Map(findings.map(({ identity, title }) => [identity, printable(title)]))
  const executions = (scope.executions ?? []).map((execution) => sliceOf(execution, startMs, endMs, titles, context))
  const beside = overlapping(executions)
  const { count, durationMs, rows } = scope.queries
  const args = {
    scope: scope.id,
    queries: count,
    databaseMs: toMicroseconds(durationMs) / 1000,
    rows,
    ...(findings.length === 0 ? {} : { findings: findings.map((finding) => describeFinding(finding, context)) }),
  }
  const event = { name: printable(scope.name), cat: scope.kind, args }
  const inside = executions.filter((_, index) => !beside.has(index))
  return [{ startMs, endMs, event, inside }, ...executions.filter((_, index) => beside.has(index))]
}

/** Cut to the scope, beyond which nothing was seen. */
function sliceOf(
  { summary, fingerprint, startMs, durationMs, rows, error, callSite, finding }: ScopeExecution,
  scopeStartMs: number,
  scopeEndMs: number,
  titles: ReadonlyMap<string, string>,
  { cwd }: ReporterContext,
): Slice {
  const start = Math.min(scopeStartMs + Math.max(startMs, 0), scopeEndMs)
  const end = durationMs < 0 ? scopeEndMs : Math.min(start + durationMs, scopeEndMs)
  const args = {
    statement: printable(fingerprint),
    ...(rows === undefined ? {} : { rows }),
    ...(error === undefined ? {} : { error: printable(error) }),
    ...(callSite === undefined ? {} : { callSite: formatPlace(callSite, cwd) }),
    ...(finding === undefined ? {} : { finding: titles.get(finding) ?? printable(finding) }),
  }
  return { startMs: start, endMs: end, event: { name: printable(summary), cat: 'sql', args }, inside: [] }
}

function describeFinding(finding: Finding, { cwd }: ReporterContext): string {
  const place = placeOf(finding)
  const where = place === undefined ? '' : ` · ${formatPlace(place, cwd)}`
  return printable(`${finding.severity} ${finding.kind}: ${finding.title}`) + where
}

/** Ids of scopes begin with their process where a run had several: `p2.s1`. */
function processOf({ id }: ReportScope): number {
  return Number(/^p(\d+)\./.exec(id)?.[1] ?? 1)
}

function eventsOf(pid: number, slices: readonly Slice[]): object[] {
  const lanes = layOut(slices)
  const names = Array.from({ length: Math.max(0, ...lanes) + 1 }, (_, lane) =>
    metadata('thread_name', pid, lane + 1, `lane ${lane + 1}`),
  )
  const drawn = slices.flatMap((slice, index) => {
    const tid = (lanes[index] ?? 0) + 1
    return [slice, ...slice.inside].map(({ event, startMs, endMs }) => {
      const ts = toMicroseconds(startMs)
      return {
        name: event.name,
        cat: event.cat,
        ph: 'X',
        ts,
        dur: toMicroseconds(endMs) - ts,
        pid,
        tid,
        args: event.args,
      }
    })
  })
  return [metadata('process_name', pid, 0, `process ${pid}`), ...names, ...drawn]
}

/** Category and time mean nothing here, and some readers ask for them all the same. */
function metadata(name: string, pid: number, tid: number, value: string): object {
  return { name, cat: '__metadata', ph: 'M', ts: 0, pid, tid, args: { name: value } }
}

/** Whole ones, of which viewers have no finer, so that neighbours do not overlap by a rounding. */
function toMicroseconds(durationMs: number): number {
  return Math.round(durationMs * 1000)
}
