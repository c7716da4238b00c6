import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NonplusError } from '../../model/errors.ts'
import type { Project } from './project.ts'
import type { FileEdit } from './propose.ts'

/**
 * Writes what was shown, and only where a file still is what the diff was made from: all files are looked at before the
 * first one is written.
 *
 * @throws NonplusError ERR_COMMAND_FAILED where a file has changed meanwhile; nothing is written then.
 */
export function writeEdits({ folder, read }: Pick<Project, 'folder' | 'read'>, edits: readonly FileEdit[]): void {
  const changed = edits.filter(({ file, before }) => read(file) !== before).map(({ file }) => file)
  if (changed.length > 0) {
    const message = `Nothing was written: ${changed.join(', ')} changed while you were asked. Call nonplus init again.`
    throw new NonplusError('ERR_COMMAND_FAILED', message)
  }
  for (const { file, before, after } of edits) {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    // one that is not there must still not be there
    writeFileSync(path, after, { flag: before === undefined ? 'wx' : 'w' })
  }
}
