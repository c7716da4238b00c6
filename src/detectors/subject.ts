import type { FindingStatement } from '../model/finding.ts'
import type { Execution, Trace } from '../model/trace.ts'

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

/** GraphQL fields that sent these executions, by name; empty where there are none. */
export function fieldsOf(executions: readonly Execution[]): string[] {
  return [...new Set(executions.flatMap(({ field }) => field ?? []))].sort()
}

/** The call of an ORM that all of these were sent for, where it is one and the ORM tells: `Author.findUnique`. */
export function operationOf(executions: readonly Execution[]): string | undefined {
  const name = executions[0]?.operations?.name
  return executions.every(({ operations }) => operations?.name === name) ? name : undefined
}

/** ` in Query.posts[].author`: the end of a title where there is one field, and nothing where none or several are. */
export function inField([field, ...others]: readonly string[]): string {
  return field === undefined || others.length > 0 ? '' : ` in ${field}`
}

/** Path for prose: relative where it is inside the project; else reporters know what it is relative to. */
export function pathInside(root: string, file: string): string {
  const path = file.replaceAll('\\', '/')
  const base = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  return path.startsWith(base) ? path.slice(base.length) : path
}

/** Path for identities: relative to the project, with `/`, so that it is the same on every machine. */
export function relativePath(root: string, file: string | undefined): string {
  if (file === undefined) return ''
  const path = file.replaceAll('\\', '/').split('/')
  const base = root.replaceAll('\\', '/').replace(/\/$/, '').split('/')
  // on another drive, or no path at all
  if (path[0] !== base[0]) return path.join('/')
  const end = base.findIndex((part, index) => part !== path[index])
  const shared = end === -1 ? base.length : end
  // beside the project, as the other packages of a repository are; what only shares the root of the disk is elsewhere
  if (shared < 2 && base.length > 1) return path.join('/')
  return [...base.slice(shared).map(() => '..'), ...path.slice(shared)].join('/')
}
