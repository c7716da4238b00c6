/** Rates at which requests are sampled. */
export const rates = [1, 0.01, 0]

/** What each rate is measured with; `sdk` is what the others add to. */
const columns = [
  { instrumentation: 'sdk', label: 'SDK alone, a span per request' },
  { instrumentation: 'pg', label: "OpenTelemetry's own instrumentation" },
  { instrumentation: 'spans', label: 'nonplus, spans and findings' },
  { instrumentation: 'findings', label: 'nonplus, findings only' },
  { instrumentation: 'datadog', label: 'dd-trace, sending to a sink', module: './datadog.mjs' },
  { instrumentation: 'sentry', label: 'Sentry, serialising', module: './sentry.mjs' },
]

/** Every process of `otel.mjs`. */
export const otelTools = [
  { name: 'bare', label: 'bare pg', module: './bare.mjs', records: false },
  ...rates.flatMap((sampling) =>
    columns.map(({ instrumentation, label, module = './otel.mjs' }) => ({
      name: `otel-${instrumentation}-${sampling}`,
      label,
      module,
      records: false,
      nodeEnv: 'production',
      instrumentation,
      sampling,
    })),
  ),
]
