import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NonplusError } from '../model/errors.ts'
import { renderDifference } from '../reporters/difference.ts'
import type { Block } from './block.ts'
import type { Outcome } from './outcome.ts'
import { querySnapshot } from './query-snapshot.ts'

/**
 * Runs a block and holds the shapes of its queries to a file; for runners without snapshots of their own. A file that is
 * missing is written, but not where `CI` is set: there it fails, since nobody would look at it.
 * `NONPLUS_UPDATE_SNAPSHOTS=1` writes it anew.
 *
 * @param file a path, or a URL: `new URL('./posts.sql', import.meta.url)`.
 * @throws NonplusError as {@link querySnapshot}; ERR_OPTION_INVALID where the file is none.
 */
export async function matchesFile<Result>(
  name: string,
  block: Block<Result>,
  file: string | URL,
): Promise<Outcome<Result>> {
  const path = pathOf(file)
  const { text, result } = await querySnapshot(name, block)
  const expected = existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trimEnd() : undefined
  const pass = expected === text || mayWrite(expected)
  if (pass && expected !== text) write(path, text)
  return { pass, result, message: () => messageOf(path, text, expected, pass) }
}

function mayWrite(expected: string | undefined): boolean {
  const { NONPLUS_UPDATE_SNAPSHOTS, CI } = process.env
  if (NONPLUS_UPDATE_SNAPSHOTS === '1') return true
  return expected === undefined && (CI === undefined || CI === '' || CI === 'false')
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${text}\n`)
}

function messageOf(path: string, text: string, expected: string | undefined, pass: boolean): string {
  if (pass) return `Expected other queries than those in ${path}.`
  if (expected === undefined) return `${path} is missing, and in CI it is not written. The queries are:\n\n${text}`
  const update = 'NONPLUS_UPDATE_SNAPSHOTS=1 writes it anew.'
  return `The queries are not those in ${path}. ${update}\n\n${renderDifference(expected, text)}`
}

function pathOf(file: unknown): string {
  if (file instanceof URL) return fileURLToPath(file)
  if (typeof file === 'string' && file !== '') return file
  throw new NonplusError(
    'ERR_OPTION_INVALID',
    `A query snapshot needs the file it is kept in: new URL('./posts.sql', import.meta.url). Got ${typeof file}.`,
  )
}
