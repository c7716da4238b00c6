import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Version of this package, from its package.json, which lies above the build and above the source alike. */
export const version: string = readVersion(dirname(fileURLToPath(import.meta.url)))

function readVersion(folder: string): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    if (name === 'nonplus' && version !== undefined) return version
  } catch {
    // not here: look above
  }
  return dirname(folder) === folder ? '0.0.0' : readVersion(dirname(folder))
}
