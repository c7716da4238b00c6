import { createProfiler, runInScope } from '../../dist/index.js'

/** As in an application that opens its own scopes; each scope is analysed as it closes. */
export function start({ callSites }) {
  const profiler = createProfiler({ http: false })
  const counts = { scopes: 0, statements: 0, findings: 0 }
  let observed
  profiler.onScope((result) => {
    counts.scopes++
    counts.statements += result.scope.queries.count
    counts.findings += result.findings.length
    observed?.push(describe(result))
  })
  const scope = (name, run) => runInScope(name, run, { callSites })
  return {
    scope,
    flush: async () => {},
    counts: () => ({ ...counts }),
    observe() {
      observed = []
    },
    observed() {
      const scopes = observed
      observed = undefined
      return scopes
    },
  }
}

function describe({ scope, findings, trace }) {
  return {
    name: scope.name,
    texts: trace.executions.map(({ statement }) => trace.texts[statement]),
    findings: findings.map(({ kind, confidence, count, callSite, parent }) => ({
      kind,
      confidence,
      count,
      file: callSite?.file,
      function: callSite?.function,
      column: parent?.column,
    })),
  }
}
