import { parseArgs } from 'node:util'
import { describeMachine } from './environment.mjs'
import { measure } from './measure.mjs'
import { openServer } from './server.mjs'
import { summarize } from './statistics.mjs'
import { otelTools, rates } from './tools/otel-tools.mjs'
import { workloads as all, STATEMENTS } from './workloads.mjs'

/*
 * `node bench/otel.mjs [--quick]`: what a statement costs under OpenTelemetry, at three rates of sampling, in one run: with
 * the SDK alone, with its instrumentation of pg, with nonplus in its place, and with the findings of nonplus only.
 */
const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const scale = options.quick
  ? { generations: 1, rounds: 10, warmups: 20, checkedRequests: 20 }
  : { generations: 3, rounds: 10, warmups: 20, checkedRequests: 50 }

const server = await openServer()
try {
  const names = ['distinct', 'n-plus-one', 'server-client', 'server-pool']
  const workloads = all.filter(({ name }) => names.includes(name))
  const onProgress = (text) => console.error(text)
  const { windows, verdicts } = await measure({ tools: otelTools, workloads, url: server.url, onProgress, ...scale })
  for (const [name, value] of describeMachine()) console.log(`${name}: ${value}`)
  for (const workload of workloads) print(workload, windows, verdicts.get(workload.name))
} finally {
  await server.stop()
}

function print(workload, windows, verdicts) {
  const own = windows.filter((window) => window.workload === workload.name)
  console.log(`\n${workload.title}\n`)
  console.log('| sampled | | added per statement | over the SDK alone | of OpenTelemetry | throughput |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const rate of rates) {
    const rows = otelTools.filter(({ sampling }) => sampling === rate)
    const [sdk, pg] = rows
    for (const tool of rows) {
      const base = over(own, tool, otelTools[0], workload)
      const beyond = over(own, tool, sdk, workload)
      const share = beyond.median / over(own, pg, sdk, workload).median
      const faults = [...verdicts.get(tool.name).faults, ...countFaults(own, tool, workload)]
      console.log(
        `| ${rate * 100} % | ${tool.label} | ${micro(base)} | ${tool === sdk ? '' : micro(beyond)} | ` +
          `${tool === sdk ? '' : share.toFixed(2)} | ${throughput(own, tool)} | ${faults.slice(0, 2).join('; ')}`,
      )
    }
  }
}

/** Median and middle half of the difference to another tool in the same round, per statement, in microseconds. */
function over(windows, tool, other, { requests }) {
  const byRound = new Map(windows.filter((window) => window.tool === other.name).map((one) => [roundOf(one), one]))
  return summarize(
    windows
      .filter((window) => window.tool === tool.name)
      .map((window) => (window.wallNs - byRound.get(roundOf(window)).wallNs) / (requests * STATEMENTS) / 1_000),
  )
}

function throughput(windows, tool) {
  const bare = new Map(windows.filter(({ tool: name }) => name === 'bare').map((one) => [roundOf(one), one]))
  const own = windows.filter((window) => window.tool === tool.name)
  const { median } = summarize(own.map((window) => bare.get(roundOf(window)).wallNs / window.wallNs))
  return median.toFixed(2)
}

/** A tool that misses statements looks fast. */
function countFaults(windows, { name, sampling, instrumentation }, { requests, findings }) {
  const faults = new Set()
  for (const { counts } of windows.filter((window) => window.tool === name)) {
    const hasSpans = sampling === 1 && (instrumentation === 'pg' || instrumentation === 'spans')
    const expected = hasSpans ? requests * STATEMENTS : 0
    if (sampling !== 0.01 && counts.statements !== expected) faults.add(`${counts.statements} of ${expected} spans`)
    const isOurs = instrumentation === 'spans' || instrumentation === 'findings'
    if (isOurs && counts.findings !== requests * findings) faults.add(`${counts.findings} findings`)
  }
  return [...faults]
}

function roundOf({ generation, round }) {
  return `${generation} ${round}`
}

function micro({ median, low, high }) {
  return `${median.toFixed(2)} µs (${low.toFixed(2)} … ${high.toFixed(2)})`
}
