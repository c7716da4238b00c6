import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Attributes, Receiver } from './receiver.ts'

const run = promisify(execFile)

/** A major of OpenTelemetry, with its packages in a folder of its own. */
export interface Sdk {
  readonly name: string
  readonly folder: string
}

/** With the conventions before the stable ones. */
export const sdk1: Sdk = { name: 'OpenTelemetry 1', folder: fileURLToPath(new URL('../otel-1/', import.meta.url)) }
export const sdk2: Sdk = { name: 'OpenTelemetry 2', folder: fileURLToPath(new URL('./', import.meta.url)) }
export const sdk3: Sdk = { name: 'OpenTelemetry 3', folder: fileURLToPath(new URL('../otel-3/', import.meta.url)) }

export function isInstalled({ folder }: Sdk): boolean {
  return existsSync(`${folder}node_modules/@opentelemetry/sdk-node`)
}

export interface AppOptions {
  readonly sdk: Sdk
  readonly node: string
  readonly driver: 'pg' | 'mysql2' | 'tedious'
  readonly url: string
  /** Instrumentations besides that of HTTP, in the order in which they are made. */
  readonly instrumentations: readonly ('nonplus' | 'pg' | 'mysql2' | 'tedious')[]
  readonly options?: object
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

/** What the application answered, and what arrived at the receiver. */
export interface AppRun {
  readonly answers: readonly unknown[]
  /** What the sampler was asked with for each span of a statement. */
  readonly asked: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly stderr: string
  readonly received: Receiver
}

/** Runs `app.cjs` under an SDK that exports to a receiver of this process. */
export async function runApp({
  sdk,
  node,
  driver,
  url,
  instrumentations,
  options,
  env,
  flags,
}: AppOptions): Promise<AppRun> {
  const received = await Receiver.start()
  try {
    const { stdout, stderr } = await run(node, ['--require', './start.cjs', ...(flags ?? []), 'app.cjs'], {
      cwd: sdk2.folder,
      env: {
        PATH: process.env.PATH,
        OTEL_PACKAGES: sdk.folder,
        OTEL_WITH: instrumentations.join(','),
        OTEL_NONPLUS: JSON.stringify(options ?? {}),
        OTEL_DRIVER: driver,
        OTEL_URL: url,
        OTEL_SERVICE_NAME: 'app',
        OTEL_EXPORTER_OTLP_ENDPOINT: received.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_LOGS_EXPORTER: 'otlp',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_NODE_RESOURCE_DETECTORS: 'none',
        ...env,
      },
      maxBuffer: 64 * 1024 * 1024,
    })
    const line = stdout.split('\n').find((each) => each.startsWith('TOLD '))
    if (line === undefined)
      throw new Error(`The application told nothing: ${stdout.slice(-500)}${stderr.slice(-2_000)}`)
    return { ...(JSON.parse(line.slice('TOLD '.length)) as Pick<AppRun, 'answers' | 'asked'>), stderr, received }
  } finally {
    received.stop()
  }
}
