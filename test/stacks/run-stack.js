/**
 * Runs one stack on one driver, in one scenario or in all, in one shape or in all, and prints a line of JSON per cell:
 *
 *     node --import <dist/register.js> run-stack.js <stack> <driver> [<scenario> [<shape>]]
 */
import { subscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { profile } from '../../dist/index.js'
import { judgeCell } from './judge-cell.js'
import { readMarks } from './marks.js'
import { REQUESTS } from './request.js'
import { scenarios, stacks } from './stack-list.js'

const POOL_SIZE = 2
const WARM_ROUNDS = 10

const [name, driver, onlyScenario, onlyShape] = process.argv.slice(2)
const database = { driver, url: process.env.STACKS_DATABASE_URL }
const isInProcess = /^(file|memory):/.test(database.url)

const stack = await import(`./${name}.js`)
const file = fileURLToPath(new URL(stack.source ?? `${name}.js`, import.meta.url))
const { orm } = stacks.find((entry) => entry.file === name && entry.driver === driver)
const allMarks = readMarks(file)

// call sites may be filled in after the end, so the messages are kept and read when the cell is over
let started = []
let ended = []
subscribe('nonplus:statement:start', (message) => started.push(message))
subscribe('nonplus:statement:end', (message) => ended.push(message))

const play = {
  async cold(run) {
    let db
    const profiled = {}
    for (const request of REQUESTS) {
      profiled[request] = await inScope(request, async () => {
        db ??= await stack.open(database, POOL_SIZE)
        await run(db, request)
      })
    }
    await stack.close(db)
    return profiled
  },

  async warm(run) {
    const db = await openWarm(run)
    const profiled = {}
    for (const request of REQUESTS) profiled[request] = await inScope(request, () => run(db, request))
    await stack.close(db)
    return profiled
  },

  async contended(run) {
    const db = await openWarm(run)
    const entries = REQUESTS.map(async (request) => [request, await inScope(request, () => run(db, request))])
    const profiled = Object.fromEntries(await Promise.all(entries))
    await stack.close(db)
    return profiled
  },
}

// Request 0 has no authors: it runs the parent, on as many connections as the pool has. SQLite has one writer, PGlite one
// connection. Where the first run ends before the second connection is open, it serves both; so they run until all have
// been used, or until it is clear that the stack has no more.
async function openWarm(run) {
  const db = await stack.open(database, POOL_SIZE)
  const length = isInProcess ? 1 : POOL_SIZE
  for (let round = 0; round < WARM_ROUNDS; round++) {
    await Promise.all(Array.from({ length }, () => run(db, 0)))
    if (new Set(ended.map(({ connection }) => connection)).size >= length) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return db
}

async function inScope(request, fn) {
  return await profile(`request ${request}`, fn)
}

for (const scenario of onlyScenario === undefined ? scenarios : [onlyScenario]) {
  for (const [shape, run] of Object.entries(stack.shapes)) {
    const expectation = stack.expectations?.[shape] ?? {}
    if (onlyShape !== undefined && onlyShape !== shape) continue
    if (expectation.without?.[driver]?.includes(scenario)) continue
    started = []
    ended = []
    const profiled = await play[scenario](run)
    await new Promise((resolve) => setImmediate(resolve))
    const cell = {
      scenario,
      shape,
      file,
      marks: allMarks[shape],
      expectation,
      isInProcess,
      orm: expectation.orm ?? orm,
    }
    process.stdout.write(
      `${JSON.stringify({ stack: name, driver, scenario, shape, ...judgeCell(cell, { started, ended, profiled }) })}\n`,
    )
  }
}
