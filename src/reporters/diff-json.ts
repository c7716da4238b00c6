import type { DiffReporter } from './diff-words.ts'
import { escapeControls, roundDurations } from './json-text.ts'
import { relativePath } from './relative-path.ts'

/** Version 1 of the comparison, for machines; `schema/diff.json` describes it. */
export const diffJson: DiffReporter = (diff, { cwd }) => {
  const scopes = diff.scopes.map(({ findings, ...scope }) => ({
    ...scope,
    findings: findings.map(({ callSite, ...finding }) => ({
      ...finding,
      ...(callSite === undefined ? {} : { callSite: { ...callSite, file: relativePath(callSite.file, cwd) } }),
    })),
  }))
  return `${escapeControls(JSON.stringify({ ...diff, scopes }, roundDurations, 2))}\n`
}
