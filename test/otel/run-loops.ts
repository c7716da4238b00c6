import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Coverage, Report } from '../../src/model/report.ts'
import type { Attributes } from './receiver.ts'
import { type Sdk, sdk2 } from './run-app.ts'

const run = promisify(execFile)

/** What `NonplusSpanProcessor` found in a program that runs `loops.cjs`. */
export interface LoopsRun {
  readonly reports: readonly Report[]
  readonly coverage: Coverage
  readonly servers: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }[]
  readonly events: readonly {
    readonly eventName?: string
    readonly body: string
    readonly severityNumber: number
    readonly attributes: Attributes
    readonly spanContext: { readonly traceId: string; readonly spanId: string }
  }[]
}

interface LoopsOptions {
  readonly sdk: Sdk
  readonly node: string
  readonly driver: 'pg' | 'mysql2'
  readonly url: string
  /** True for six requests at once on the pool of two, at the end. */
  readonly hasCrowd?: boolean
}

export async function runLoops({ sdk, node, driver, url, hasCrowd }: LoopsOptions): Promise<LoopsRun> {
  const { stdout, stderr } = await run(node, ['--require', './start-processor.cjs', 'loops.cjs'], {
    cwd: sdk2.folder,
    env: {
      PATH: process.env.PATH,
      OTEL_PACKAGES: sdk.folder,
      OTEL_DRIVER: driver,
      OTEL_URL: url,
      OTEL_CROWD: hasCrowd ? '1' : '0',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
    },
    maxBuffer: 64 * 1024 * 1024,
  })
  const line = stdout.split('\n').find((each) => each.startsWith('TOLD '))
  if (line === undefined) throw new Error(`The application told nothing: ${stdout.slice(-500)}${stderr.slice(-2_000)}`)
  return JSON.parse(line.slice('TOLD '.length)) as LoopsRun
}
