import { fileURLToPath } from 'node:url'
import { type SuiteConfig, SuiteRun } from './suite-run.ts'

/** What the plugin uses of a Vitest. */
interface VitestContext {
  readonly vitest: { readonly config: { readonly reporters: unknown[] } }
}

/** The hooks of the plugin; a part of what Vite's own type has. */
export interface NonplusPlugin {
  readonly name: string
  config(): { test: { setupFiles: string[] } }
  configureVitest(context: VitestContext): void
}

/**
 * Watches a whole Vitest run: adds the matchers, runs each test as a scope of its own, and reports on all of them at the
 * end. In a Vitest configuration: `plugins: [nonplus()]`. Needs Vitest 3.1.
 *
 * @param config over that of `nonplus.config`: `{ failOn: ['error'], baseline: 'nonplus-baseline.json' }`.
 */
export default function nonplus(config: SuiteConfig = {}): NonplusPlugin {
  let run: SuiteRun | undefined
  let isConfigured = false
  return {
    name: 'nonplus',
    config: () => ({ test: { setupFiles: [fileURLToPath(new URL('./vitest-suite.js', import.meta.url))] } }),
    // called once per project
    configureVitest({ vitest }) {
      if (isConfigured) return
      isConfigured = true
      run = SuiteRun.begin(config)
      vitest.config.reporters.push({ onTestRunEnd: () => conclude(run) })
    },
  }
}

async function conclude(run: SuiteRun | undefined): Promise<void> {
  const exitCode = (await run?.conclude()) ?? 0
  if (exitCode !== 0) process.exitCode = exitCode
}
