import { state } from '../../../src/instrument/state.ts'
import { createProfiler } from '../../../src/profiler.ts'

/** Tells the test what each request did, and at the end what no scope took. */
createProfiler().onScope(({ scope, findings, trace }) => {
  const executions = trace.executions.map(({ field, callSite, statement }) => {
    const frame = callSite === undefined ? undefined : trace.callSites[callSite]?.frames[0]
    const place = frame === undefined ? undefined : `${frame.file.split('/').at(-1)}:${frame.line}`
    return { field, place, summary: trace.statements[statement]?.summary }
  })
  process.send?.({ scope, executions, findings: findings.map(({ kind, title, fields }) => ({ kind, title, fields })) })
})

process.on('message', (message) => {
  if (message === 'stop')
    process.send?.({ counters: state.counters, failures: state.failureMessages }, () => process.exit())
})
