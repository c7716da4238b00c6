import { proposeConfigFile } from './config-file.ts'
import { proposeJest } from './jest.ts'
import { proposeMocha } from './mocha.ts'
import { proposeNodeTest } from './node-test.ts'
import type { Project } from './project.ts'
import type { Change, Proposal } from './proposal.ts'
import { proposeScript } from './script.ts'
import { unifiedDiff } from './unified-diff.ts'
import { proposeVitest } from './vitest.ts'

/** Everything that can be set up in a project: its test runners first. */
export function propose(project: Project): Proposal[] {
  return [...proposeRunners(project), ...proposeConfigFile(project), ...proposeScript(project)]
}

/** What is for the test runners of a project. */
export function proposeRunners(project: Project): Proposal[] {
  return [proposeVitest, proposeJest, proposeMocha, proposeNodeTest].flatMap((runner) => runner(project))
}

/** A file as it is, and as it will be. */
export interface FileEdit {
  readonly file: string
  /** Undefined where there is no file yet. */
  readonly before: string | undefined
  readonly after: string
  /** Unified. */
  readonly diff: string
}

/** Makes all changes of each file together: a diff per file, and one write. */
export function planEdits(project: Pick<Project, 'read'>, changes: readonly Change[]): FileEdit[] {
  const files = [...new Set(changes.map(({ file }) => file))]
  return files.flatMap((file) => {
    const before = project.read(file)
    const own = changes.filter((change) => change.file === file)
    const after = own.reduce<string | undefined>((text, { edit }) => edit(text), before) ?? ''
    return after === before ? [] : [{ file, before, after, diff: unifiedDiff(file, before, after) }]
  })
}
