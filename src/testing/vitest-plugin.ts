import { fileURLToPath } from 'node:url'
import type { NonplusConfig } from '../config.ts'
import { loadSuiteConfig } from './suite-config.ts'
import { isIdle, SuiteRun } from './suite-run.ts'

/** What the plugin uses of a Vitest. */
interface VitestContext {
  readonly vitest: { readonly config: { readonly reporters: unknown[] } }
}

/** The hooks of the plugin; a part of what Vite's own type has. */
export interface NonplusPlugin {
  readonly name: string
  config(): { test: { setupFiles: string[] } }
  configureVitest(context: VitestContext): Promise<void>
}

/**
 * Watches a whole Vitest run: adds the matchers, runs each test as a scope of its own, and reports on all of them at the
 * end. In a Vitest configuration: `plugins: [nonplus()]`. Needs Vitest 3.1.
 *
 * @param config over that of `nonplus.config`, under the environment: `{ failOn: ['error'] }`.
 */
export default function nonplus(config: NonplusConfig = {}): NonplusPlugin {
  let run: SuiteRun | undefined
  let isConfigured = false
  return {
    name: 'nonplus',
    config: () => ({ test: { setupFiles: [fileURLToPath(new URL('./vitest-suite.js', import.meta.url))] } }),
    // called once per project
    async configureVitest({ vitest }) {
      if (isConfigured || isIdle()) return
      isConfigured = true
      run = SuiteRun.begin(await loadSuiteConfig('nonplus() in the plugins of Vitest', config))
      vitest.config.reporters.push({ onTestRunEnd: () => conclude(run) })
    },
  }
}

async function conclude(run: SuiteRun | undefined): Promise<void> {
  const exitCode = (await run?.conclude()) ?? 0
  if (exitCode !== 0) process.exitCode = exitCode
}
