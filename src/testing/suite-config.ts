import type { NonplusConfig } from '../config.ts'
import { combineSources, type LoadedConfig, makeSource } from '../config-sources.ts'
import { loadConfig } from '../load-config.ts'
import { loadConfigSync } from '../load-config-sync.ts'
import { reporters } from '../reporters/index.ts'
import { writeText } from '../write-text.ts'

/**
 * The configuration of a suite: that of the project, under it what the configuration of the runner says, and over both the
 * environment.
 *
 * @param name of what says the settings, for messages: `nonplus() in the plugins of Vitest`.
 * @throws NonplusError as {@link loadConfig}.
 */
export async function loadSuiteConfig(name: string, settings: NonplusConfig): Promise<NonplusConfig> {
  return combine(await loadConfig(), name, settings)
}

/** As {@link loadSuiteConfig}, where a runner does not wait: a file in TypeScript may then not be readable, which is said. */
export function loadSuiteConfigSync(name: string, settings: NonplusConfig): NonplusConfig {
  const loaded = loadConfigSync()
  if (loaded.warning !== undefined) writeText(2, `nonplus: ${loaded.warning}\n`)
  return combine(loaded, name, settings)
}

function combine({ sources }: LoadedConfig, name: string, settings: NonplusConfig): NonplusConfig {
  const own = makeSource(name, settings, { folder: process.cwd(), reporterNames: Object.keys(reporters) })
  const files = sources.filter(({ path }) => path !== undefined)
  const variables = sources.filter(({ path }) => path === undefined)
  return combineSources([...files, own, ...variables]).config
}
