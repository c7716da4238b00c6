import { parseArgs } from 'node:util'
import { describeMachine } from './environment.mjs'
import { measure } from './measure.mjs'
import { openMysqlServer } from './mysql-server.mjs'
import { openServer } from './server.mjs'
import { openSink } from './sink.mjs'
import { summarize } from './statistics.mjs'
import { otelTools, rates } from './tools/otel-tools.mjs'
import { mysqlWorkloads, STATEMENTS, workloads } from './workloads.mjs'

/*
 * `node bench/otel.mjs [--quick] [--workload <name>]`: what a statement costs under OpenTelemetry, at three rates of
 * sampling, in one run: with the SDK alone, with its instrumentation of pg or mysql2, with nonplus in its place, with the
 * findings of nonplus only, with dd-trace and with Sentry; and what a request that is open holds of the heap.
 */
const names = ['distinct', 'n-plus-one', 'server-client', 'server-pool', 'mysql-connection']
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    workload: { type: 'string', multiple: true, default: names },
  },
})
const scale = options.quick
  ? { generations: 1, rounds: 4, warmups: 4, checkedRequests: 20, heldRequests: 1_000 }
  : { generations: 3, rounds: 10, warmups: 20, checkedRequests: 50, heldRequests: 1_000 }

const sink = await openSink()
process.env.BENCH_SINK_URL = sink.url
const server = await openServer()
const mysql = options.workload.some((name) => name.startsWith('mysql')) ? await openMysqlServer() : undefined
if (mysql !== undefined) process.env.BENCH_MYSQL_URL = mysql.url
try {
  const asked = [...workloads, ...mysqlWorkloads].filter(({ name }) => options.workload.includes(name))
  const chosen = asked.filter(({ transport }) => transport !== 'mysql' || mysql !== undefined)
  if (chosen.length < asked.length) console.error('No MariaDB or MySQL: mysql2 is left out.')
  const onProgress = (text) => console.error(text)
  const { windows, verdicts, held } = await measure({
    tools: otelTools,
    workloads: chosen,
    url: server.url,
    onProgress,
    ...scale,
  })
  for (const [name, value] of describeMachine()) console.log(`${name}: ${value}`)
  for (const workload of chosen) print(workload, windows, verdicts.get(workload.name), held.get(workload.name))
} finally {
  await mysql?.stop()
  await server.stop()
  sink.stop()
}

function print(workload, windows, verdicts, held) {
  const own = windows.filter((window) => window.workload === workload.name)
  console.log(`\n${workload.title}\n`)
  console.log(
    '| sampled | | added per statement | over the SDK alone | of OpenTelemetry | processor time | throughput | held by an open request |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
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
          `${tool === sdk ? '' : share.toFixed(2)} | ${processorTime(own, tool, otelTools[0], workload)} | ${throughput(own, tool)} | ${heldBy(tool, held)} | ${faults.slice(0, 2).join('; ')}`,
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

/** Mean of what the whole process took beyond another one: foreign load leaves it alone, collections are in it. */
function processorTime(windows, tool, other, { requests }) {
  const meanOf = ({ name }) => {
    const own = windows.filter((window) => window.tool === name)
    return own.reduce((sum, { cpuNs }) => sum + cpuNs, 0) / own.length
  }
  return `${((meanOf(tool) - meanOf(other)) / (requests * STATEMENTS) / 1_000).toFixed(2)} µs`
}

/** Beyond what the driver and the application hold themselves. */
function heldBy({ name }, held) {
  return held === undefined ? '' : `${((held.get(name) - held.get('bare')) / 1_024).toFixed(1)} KB`
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
    // dd-trace hands on what is not sampled, too: its agent counts it
    const hasSpans =
      instrumentation === 'datadog' || (sampling === 1 && ['pg', 'spans', 'sentry'].includes(instrumentation))
    const expected = hasSpans ? requests * STATEMENTS : 0
    if (sampling !== 0.01 && counts.statements !== expected) faults.add(`${counts.statements} of ${expected} spans`)
    const isOurs = instrumentation === 'spans' || instrumentation === 'findings'
    // requests that are not sampled are counted only
    if (isOurs && sampling !== 0.01 && counts.findings !== requests * findings * sampling) {
      faults.add(`${counts.findings} findings`)
    }
  }
  return [...faults]
}

function roundOf({ generation, round }) {
  return `${generation} ${round}`
}

function micro({ median, low, high }) {
  return `${median.toFixed(2)} µs (${low.toFixed(2)} … ${high.toFixed(2)})`
}
