import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'

const log = process.env.NONPLUS_TEST_LOG

/** Writes a line for each scope, to a file: Next.js has several processes. */
if (log !== undefined) {
  createProfiler().onScope(({ scope, findings, trace }) => {
    const executions = trace.executions.map(({ callSite, statement }) => {
      const frame = callSite === undefined ? undefined : trace.callSites[callSite]?.frames[0]
      return { place: frame && placeOf(frame), summary: trace.statements[statement]?.summary }
    })
    const found = findings.map(({ kind, title, frames }) => ({ kind, title, places: frames.map(placeOf) }))
    const { outside, late, failures } = state.counters
    const counters = { outside, late, failures }
    const line = { scope, executions, findings: found, counters, problems: state.failureMessages }
    appendFileSync(log, `${JSON.stringify(line)}\n`)
  })
}

function placeOf({ file, line }: { file: string; line: number }): string {
  return `${relative(process.cwd(), file)}:${line}`
}
