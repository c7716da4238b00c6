import { type NonplusConfig, parseReporter } from './config.ts'
import { type ConfigSource, type LoadConfigOptions, makeSource } from './config-sources.ts'

/** Variables of the environment that say what a configuration file may say, and how each is read. */
const READERS: Readonly<Record<string, readonly [name: keyof NonplusConfig, read: (text: string) => unknown]>> = {
  NONPLUS_ONLY: ['only', readList],
  NONPLUS_IGNORE: ['ignore', readList],
  NONPLUS_REPORTER: ['reporters', (text) => readList(text).map(parseReporter)],
  NONPLUS_FAIL_ON: ['failOn', readList],
  NONPLUS_VALUES: ['values', (text) => text === '1' || (text === '0' ? false : text)],
  NONPLUS_SERVER_TIMING: ['serverTiming', (text) => text === '1' || (text === '0' ? false : text)],
  NONPLUS_EXPLAIN: ['explain', (text) => text === '1' || (text === '0' ? false : text)],
  NONPLUS_EXPLAIN_URL: ['explainUrl', (text) => text],
  NONPLUS_BASELINE: ['baseline', (text) => text],
}

/** Every variable that stands for an option. */
export const configVariables = Object.keys(READERS)

/**
 * What the environment says, a source per variable. An empty one is not set: pipelines write those.
 *
 * @throws NonplusError whose message begins with the name of the variable.
 */
export function readVariables(
  env: NonNullable<LoadConfigOptions['env']>,
  { cwd, reporterNames }: { cwd: string; reporterNames?: readonly string[] | undefined },
): ConfigSource[] {
  return Object.entries(READERS).flatMap(([variable, [name, read]]) => {
    const text = env[variable]
    if (text === undefined || text.trim() === '') return []
    return [makeSource(variable, { [name]: read(text) }, { folder: cwd, reporterNames })]
  })
}

function readList(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}
