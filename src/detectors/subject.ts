import type { FindingStatement } from '../model/finding.ts'
import type { Trace } from '../model/trace.ts'

/** A statement of a trace, as findings show it. */
export function statementFor(trace: Trace, index: number): FindingStatement {
  const statement = trace.statements[index]
  return {
    fingerprint: statement?.fingerprint ?? '',
    text: trace.texts[index] ?? '',
    summary: statement?.summary ?? '',
    tables: statement?.tables ?? [],
  }
}

/** Path for identities: relative to the project, with `/`, so that it is the same on every machine. */
export function relativePath(root: string, file: string | undefined): string {
  if (file === undefined) return ''
  const path = file.replaceAll('\\', '/')
  const base = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  return path.startsWith(base) ? path.slice(base.length) : path
}
