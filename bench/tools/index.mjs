/**
 * Every column of the benchmark. Each runs in a process of its own, which loads its module, then the driver.
 *
 * `records` is false for the controls, which have nothing to check.
 */
export const tools = [
  { name: 'bare', label: 'bare pg', module: './bare.mjs', records: false },
  { name: 'pass-through', label: 'wrapper that only calls pg', module: './pass-through.mjs', records: false },
  { name: 'als', label: '`AsyncLocalStorage.run` per request', module: './als.mjs', records: false },
  nonplus('none', 'nonplus, `callSites: none`', 'development'),
  nonplus('repeated', 'nonplus, `callSites: repeated` (production default)', 'production'),
  nonplus('all', 'nonplus, `callSites: all` (development default)', 'development'),
  { name: 'opentelemetry', label: 'OpenTelemetry pg instrumentation', module: './opentelemetry.mjs', records: true },
]

function nonplus(callSites, label, nodeEnv) {
  const evidence = callSites !== 'none'
  return {
    name: `nonplus-${callSites}`,
    label,
    module: './nonplus.mjs',
    records: true,
    finds: true,
    evidence,
    callSites,
    nodeEnv,
  }
}
