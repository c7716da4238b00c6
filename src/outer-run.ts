import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { RunSettings } from './register.ts'

/**
 * What the run that this process is part of has told it; undefined where it is part of none.
 *
 * @throws SyntaxError where `NONPLUS_RUN` is no JSON.
 */
export function runSettings(): RunSettings | undefined {
  const text = process.env.NONPLUS_RUN
  return text === undefined ? undefined : (JSON.parse(text) as RunSettings)
}

/**
 * The run that this process is part of: `nonplus run -- npm test`, whose script says `nonplus run` itself.
 *
 * @param folder of the own run; one that set `NONPLUS_RUN` in its own process is not its own outer run.
 */
export function outerRun(folder?: string): RunSettings | undefined {
  try {
    const settings = runSettings()
    return settings?.folder === folder ? undefined : settings
  } catch {
    return undefined
  }
}

/** Lets the outer run sum up what this one has seen. Both folders are made side by side, so moving is enough. */
export function handOver(folder: string, outer: RunSettings): void {
  for (const name of readdirSync(folder)) {
    if (/\.jsonl?$/.test(name)) renameSync(join(folder, name), join(outer.folder, name))
  }
}
