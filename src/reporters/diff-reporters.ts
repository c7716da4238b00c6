import { diffJson } from './diff-json.ts'
import { diffMarkdown } from './diff-markdown.ts'
import { diffText } from './diff-text.ts'
import type { DiffReporter } from './diff-words.ts'

/** Name of a reporter, as `nonplus diff --reporter` takes it. */
export type DiffReporterName = 'text' | 'markdown' | 'json'

/** What `nonplus diff` can write, by name. */
export const diffReporters: Readonly<Record<DiffReporterName, DiffReporter>> = {
  text: diffText,
  markdown: diffMarkdown,
  json: diffJson,
}
