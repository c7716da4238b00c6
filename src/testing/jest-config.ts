import { createRequire } from 'node:module'
import type { NonplusConfig } from '../config.ts'
import { loadSuiteConfig } from './suite-config.ts'

const { resolve } = createRequire(import.meta.url)

/** What is read and added of a configuration of Jest. */
export interface JestConfig {
  readonly setupFilesAfterEnv?: readonly string[]
  readonly reporters?: readonly unknown[]
  readonly projects?: readonly (string | object)[]
}

/**
 * A configuration of Jest that also watches the whole run: adds the matchers, runs each test as a scope of its own, and
 * reports on all of them at the end. `module.exports = withNonplus({ testEnvironment: 'node' })`.
 *
 * @param config of Jest: an object, or what Jest calls to get one.
 * @param settings over those of `nonplus.config`, under the environment: `{ failOn: ['error'] }`.
 */
export function withNonplus<Config extends object>(
  config: Config | (() => Config | Promise<Config>),
  settings: NonplusConfig = {},
): () => Promise<Config> {
  return async () => {
    const given = typeof config === 'function' ? await config() : config
    return addTo(given, await loadSuiteConfig('withNonplus()', settings))
  }
}

function addTo<Config extends JestConfig>(config: Config, settings: NonplusConfig): Config {
  const { reporters = ['default'], projects } = config
  return {
    ...withSetup(config),
    reporters: [...reporters, [resolve('nonplus/jest/reporter'), settings]],
    ...(projects && { projects: projects.map((one) => (typeof one === 'string' ? one : withSetup(one))) }),
  }
}

// of each project its own; where there are projects, Jest does not look at the outer one
function withSetup<Config extends JestConfig>(config: Config): Config {
  return { ...config, setupFilesAfterEnv: [...(config.setupFilesAfterEnv ?? []), resolve('nonplus/jest/suite')] }
}
