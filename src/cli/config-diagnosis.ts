import type { ConfigSource, LoadConfigOptions } from '../config-sources.ts'
import { configVariables } from '../config-variables.ts'
import { loadConfig } from '../load-config.ts'
import { NonplusError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { type ProfilerOptions, pickOptions } from '../options.ts'
import type { Fact } from './diagnosis.ts'

/** What `nonplus doctor` found out about the configuration. */
export interface ConfigDiagnosis {
  readonly facts: readonly Fact[]
  readonly problems: readonly string[]
  /** What is in force; the defaults where the configuration is broken. */
  readonly options: ProfilerOptions
}

/** Says which configuration is in force in a folder, and what is wrong with it. */
export async function diagnoseConfig(options: LoadConfigOptions): Promise<ConfigDiagnosis> {
  const problems = unknownVariables(options.env ?? process.env)
  try {
    const { config, sources } = await loadConfig(options)
    const [first] = sources
    const none = first?.path === undefined ? [{ topic: 'config', text: 'no file: the defaults hold' }] : []
    return { facts: [...none, ...sources.map(factOf)], problems, options: pickOptions(config) }
  } catch (error) {
    if (!(error instanceof NonplusError)) throw error
    return { facts: [], problems: [error.message, ...problems], options: {} }
  }
}

function factOf({ name, path, values }: ConfigSource): Fact {
  const names = Object.keys(values)
  if (path === undefined) return { topic: 'config', text: `${name}: above the file` }
  return { topic: 'config', text: `${name}: ${names.length === 0 ? 'says nothing' : names.join(', ')}` }
}

const OTHER_VARIABLES = ['NONPLUS', 'NONPLUS_CONFIG', 'NONPLUS_RUN']

/** Those that look as if they were meant for nonplus: a misspelt one would be passed over in silence. */
function unknownVariables(env: NonNullable<LoadConfigOptions['env']>): string[] {
  const known = [...OTHER_VARIABLES, ...configVariables]
  return Object.keys(env).flatMap((name) => {
    const near = name.startsWith('NONPLUS_') && !known.includes(name) ? nearest(name, known) : undefined
    return near === undefined ? [] : [`${name} is no variable of nonplus. Did you mean \`${near}\`?`]
  })
}
