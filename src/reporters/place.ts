import type { Frame } from '../model/trace.ts'
import { printable } from './layout.ts'
import { relativePath } from './relative-path.ts'

/** A frame as terminals and editors link it: `src/posts.ts:24:31 (renderPosts)`. */
export function formatPlace(frame: Frame, cwd: string): string {
  const place = `${relativePath(frame.file, cwd)}:${frame.line}:${frame.column}`
  return printable(frame.function ? `${place} (${frame.function})` : place)
}
