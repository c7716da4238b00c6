import { subscribe } from 'node:diagnostics_channel'
import { play } from './play.js'

const started = []
const ended = new Map()
const findings = []
subscribe('nonplus:statement:start', (message) => started.push(message))
subscribe('nonplus:statement:end', (message) => ended.set(message, (ended.get(message) ?? 0) + 1))

/** Prints one line of JSON: what the application saw, what nonplus saw, and the spans of the tool. */
export async function tell(driver, url) {
  const { createProfiler } = process.env.BESIDE_NONPLUS === '1' ? await import('../../dist/index.js') : {}
  const profiler = createProfiler?.()
  profiler?.onScope((result) => {
    // what the program does before its server runs is a scope too
    if (result.scope.kind !== 'request') return
    for (const finding of result.findings) {
      const { kind, confidence, count, statement, callSite } = finding
      findings.push(`${kind} ${confidence} ${count} ${statement.summary} ${callSite?.function}:${callSite?.line}`)
    }
  })
  const outcome = await play(driver, url)
  const spans = (await globalThis.besideSpans?.()) ?? []
  const report = profiler?.report()
  const statements = started
    .filter(({ scope }) => scope.kind === 'request')
    .map((message) => {
      const frame = message.callSite?.frames[0]
      const numbers = `${message.text} ${message.parameters ?? ''}`.replaceAll(/\s+/g, ' ')
      const error = message.error === undefined ? '' : ` !${message.error.code ?? message.error.name}`
      return `${message.scope.name} | ${numbers} | ${frame?.function}:${frame?.line} | ${message.rows} rows${error} | ended ${ended.get(message) ?? 0}`
    })
  const { coverage } = report ?? {}
  const told = { ...outcome, statements: statements.sort(), findings: findings.sort(), spans: spans.sort() }
  process.stdout.write(
    `\nTOLD ${JSON.stringify({ ...told, warnings: coverage?.warnings, drivers: coverage?.drivers })}\n`,
  )
  process.exit()
}
