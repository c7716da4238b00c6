import { basename, relative } from 'node:path'
import { findConfigFile } from '../../config-file.ts'
import type { Project } from './project.ts'
import { type Proposal, proposeFile } from './proposal.ts'

const TITLE = 'A configuration file'

/** A configuration with what is changed first, set to the defaults. */
export function proposeConfigFile({ folder, isTypeScript }: Project): Proposal[] {
  const found = findConfigFile(folder)
  if (found !== undefined && basename(found.path) !== 'package.json') {
    return [{ state: 'done', title: TITLE, file: relative(folder, found.path) }]
  }
  if (found !== undefined) return [{ state: 'done', title: TITLE, file: 'package.json' }]
  return [proposeFile(TITLE, `nonplus.config.${isTypeScript ? 'ts' : 'mjs'}`, TEXT)]
}

const TEXT = `import { defineConfig } from 'nonplus'

export default defineConfig({
  // Findings that make a run fail: 'error', 'warning' (and worse), or kinds such as 'n-plus-one'.
  failOn: [],
  // Kinds to leave out.
  ignore: [],
})
`
