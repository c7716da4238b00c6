import { mean, summarize } from './statistics.mjs'
import { STATEMENTS } from './workloads.mjs'

/** Added cost of one tool in one workload: per statement, against bare pg in the same round. */
export function compare({ windows, verdicts }, tools, workloads) {
  return workloads.map((workload) => {
    const own = windows.filter((window) => window.workload === workload.name)
    const perStatement = 1 / (workload.requests * STATEMENTS)
    const bare = new Map(own.filter(({ tool }) => tool === 'bare').map((window) => [roundOf(window), window]))
    const rows = tools.map((tool) => {
      const pairs = own
        .filter((window) => window.tool === tool.name)
        .map((window) => [window, bare.get(roundOf(window))])
      return {
        tool,
        verdict: verdicts.get(workload.name).get(tool.name),
        wallNs: summarize(pairs.map(([window]) => window.wallNs * perStatement)),
        addedWallNs: summarize(pairs.map(([window, base]) => (window.wallNs - base.wallNs) * perStatement)),
        addedCpuNs: mean(pairs.map(([window, base]) => (window.cpuNs - base.cpuNs) * perStatement)),
        throughput: summarize(pairs.map(([window, base]) => base.wallNs / window.wallNs - 1)),
        extraSpans: mean(pairs.map(([{ counts }]) => counts.extraSpans ?? 0)) * perStatement,
      }
    })
    return { workload, rows }
  })
}

function roundOf({ generation, round }) {
  return `${generation} ${round}`
}

/** The file `results.md`, also printed. */
export function renderResults(comparisons, { machine, settings }) {
  return [
    '# What a statement costs',
    '',
    'Written by `npm run bench`; how it is measured, and what it does not show, is in [README.md](README.md).',
    'Only ratios of one run mean anything on another machine.',
    '',
    ...table(['', ''], [...machine, ...settings]),
    '',
    '## In short',
    '',
    ...renderClaims(comparisons),
    ...comparisons.flatMap((comparison) => [
      '',
      `## ${comparison.workload.title}`,
      '',
      ...renderComparison(comparison),
    ]),
    '',
  ].join('\n')
}

function renderComparison({ workload, rows }) {
  const isServer = workload.transport !== 'stub'
  const base = rows.find(({ tool }) => tool.name === 'opentelemetry')
  const header = [
    '',
    'added per statement',
    'middle half',
    'CPU, mean',
    ...(isServer ? ['throughput'] : []),
    'OpenTelemetry = 1',
    'recorded',
  ]
  const body = rows.map((row) => {
    const isBare = row.tool.name === 'bare'
    const { low, high } = row.addedWallNs
    return [
      row.tool.label,
      isBare ? `(${time(row.wallNs.median)} in all)` : signed(row.addedWallNs.median),
      isBare ? '' : `${signed(low)} … ${signed(high)}`,
      isBare ? '' : signed(row.addedCpuNs),
      ...(isServer ? [isBare ? '' : percent(row.throughput.median)] : []),
      isBare ? '' : shareOf(row, base),
      recordedOf(row),
    ]
  })
  const notes = rows.flatMap(({ tool, verdict, extraSpans }) => [
    ...verdict.faults.slice(0, 3).map((fault) => `- **${tool.label}** takes no part in the claims: ${fault}.`),
    ...(extraSpans < 0.01
      ? []
      : [`- ${tool.label} makes ${extraSpans.toFixed(1)} more spans per statement, for the pool.`]),
  ])
  return [...table(header, body), ...(notes.length === 0 ? [] : ['', ...notes])]
}

function recordedOf({ tool, verdict }) {
  if (verdict.faults.length > 0) return '**failed**'
  return tool.records ? `${verdict.right}/${verdict.requests} scopes` : '–'
}

function shareOf(row, base) {
  if (row === base) return '1'
  if (row.verdict.faults.length > 0 || base === undefined || base.verdict.faults.length > 0) return '–'
  const share = row.addedWallNs.median / base.addedWallNs.median
  if (share <= 0 || row.addedWallNs.low <= 0) return 'noise'
  return share < 1 ? `1/${(1 / share).toFixed(1)}` : share.toFixed(1)
}

/** One line per workload, for tools whose records were right. */
function renderClaims(comparisons) {
  const modes = comparisons[0].rows.filter(({ tool }) => tool.finds)
  const body = comparisons.map(({ workload, rows }) => {
    const base = rows.find(({ tool }) => tool.name === 'opentelemetry')
    const shares = modes.map(({ tool }) =>
      shareOf(
        rows.find((row) => row.tool === tool),
        base,
      ),
    )
    return [workload.title, ...shares]
  })
  return [
    "Added time per statement as a share of what OpenTelemetry's instrumentation of pg adds, without export.",
    '',
    ...table(['', ...modes.map(({ tool }) => tool.label)], body),
  ]
}

function table(header, body) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...body.map(line)]
}

function signed(ns) {
  return ns < 0 ? `−${time(-ns)}` : `+${time(ns)}`
}

function time(ns) {
  return ns < 995 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(ns < 9_950 ? 2 : 1)} µs`
}

function percent(share) {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`
}
