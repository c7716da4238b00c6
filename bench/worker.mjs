import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { tools } from './tools/index.mjs'
import { otelTools } from './tools/otel-tools.mjs'
import { openMysqlTransport, openTransports } from './transports.mjs'
import { mysqlWorkloads, workloads as postgresWorkloads, STATEMENTS } from './workloads.mjs'

/*
 * One process per tool. It loads the tool, then the driver, since tools hook what is loaded after them, and then does
 * what the orchestrator asks for, one thing at a time.
 */
const settings = [...tools, ...otelTools].find(({ name }) => name === process.argv[2])
const { start } = await import(new URL(settings.module, new URL('./tools/', import.meta.url)).href)
const tool = start(settings)
const require = createRequire(import.meta.url)
const pg = require('pg')
tool.patch?.(pg)
const workloads = [...postgresWorkloads, ...mysqlWorkloads]
const transports = await openTransports(pg, process.env.BENCH_POSTGRES_URL)
if (process.env.BENCH_MYSQL_URL !== undefined) {
  transports.mysql = await openMysqlTransport(require('mysql2/promise'), process.env.BENCH_MYSQL_URL)
}

let nextRequest = 1

const commands = { run, check, failing, hold }

process.on('message', async ({ id, command, args }) => {
  try {
    process.send({ id, result: await commands[command](...args) })
  } catch (error) {
    process.send({ id, error: error.stack })
  }
})
process.on('disconnect', () => process.exit())
process.send({ id: 0, result: 'ready' })

/** Runs one window and tells what it took, with the work the tool had put off. */
async function run(name, requests) {
  const workload = workloads.find((each) => each.name === name)
  await tool.flush()
  const before = tool.counts()
  const cpuBefore = process.cpuUsage()
  const startedAt = process.hrtime.bigint()
  await runRequests(workload, requests ?? workload.requests, workload.concurrency ?? 1)
  await tool.flush()
  const wallNs = Number(process.hrtime.bigint() - startedAt)
  const { user, system } = process.cpuUsage(cpuBefore)
  const counts = tool.counts()
  for (const key of Object.keys(counts)) counts[key] -= before[key]
  return { wallNs, cpuNs: (user + system) * 1000, counts }
}

/** Requests run on as many lines as may run at a time; each line takes the next one when it is done. */
async function runRequests(workload, count, concurrency, perform = runRequest) {
  let left = count
  const line = async () => {
    while (left-- > 0) await perform(workload, nextRequest++)
  }
  if (concurrency === 1) await line()
  else await Promise.all(Array.from({ length: concurrency }, line))
}

function runRequest({ run: runStatements, transport }, request) {
  return tool.scope(`request ${request}`, () => runStatements(transports[transport], request))
}

/** Was every statement recorded, under its own request, and what was found? By the value in its text, not by count. */
async function check(name, requests, concurrency) {
  const workload = workloads.find((each) => each.name === name)
  const first = 1_000_000
  nextRequest = first
  tool.observe?.()
  const answers = new Map()
  await runRequests(workload, requests, concurrency, async (_workload, request) => {
    const answer = await tool.scope(`request ${request}`, () =>
      workload.run(transports[workload.transport], request, `r${request}_`),
    )
    answers.set(
      request,
      answer.map(({ rows }) => rows),
    )
  })
  await tool.flush()
  const digest = createHash('sha256')
    .update(JSON.stringify([...answers].sort(([a], [b]) => a - b)))
    .digest('hex')
  const scopes = tool.observed?.() ?? []
  const own = scopes.filter(({ name: scope }) => scope.startsWith('request '))
  return { digest, requests, scopes: own.length, ...judge(own, workload) }
}

function judge(scopes, { findings: expected }) {
  const faults = []
  for (const { name, texts, findings } of scopes) {
    const mark = `r${name.slice('request '.length)}_`
    const right = texts.filter((text) => text.includes(mark)).length
    if (texts.length !== STATEMENTS || right !== STATEMENTS)
      faults.push(`${name}: ${texts.length} recorded, ${right} its own`)
    else if (findings !== undefined && findings.length !== expected) faults.push(`${name}: ${findings.length} findings`)
  }
  const findings = scopes.flatMap((scope) => scope.findings ?? [])
  return {
    right: scopes.length - faults.length,
    faults: faults.slice(0, 3),
    evidence: findings.slice(0, 1).map(evidenceOf),
  }
}

function evidenceOf({ file, ...rest }) {
  return { ...rest, ...(file === undefined ? {} : { file: basename(file) }) }
}

/** Bytes of the heap that are held by as many requests as are open at once, each of which has sent its statements. */
async function hold(name, requests) {
  const workload = workloads.find((each) => each.name === name)
  // what is compiled and cached once is no part of it
  await runRequests(workload, 100, 100)
  const before = await heapAfterCollection()
  let release
  const gate = new Promise((resolve) => {
    release = resolve
  })
  let arrived = 0
  const all = runRequests(workload, requests, requests, ({ run: send, transport }, request) =>
    tool.scope(`request ${request}`, async () => {
      await send(transports[transport], request)
      arrived++
      await gate
    }),
  )
  while (arrived < requests) await new Promise((resolve) => setTimeout(resolve, 10))
  const after = await heapAfterCollection()
  release()
  await all
  await tool.flush()
  return after - before
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

async function heapAfterCollection() {
  await tool.flush()
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

/** An error of the server reaches the application as it is. */
async function failing() {
  try {
    await tool.scope('failing', () => transports.client.query('select 1 / $1::int', [0]))
    return 'no error'
  } catch (error) {
    return `${error.code} ${error.message}`
  }
}
