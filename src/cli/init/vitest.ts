import { appendToList } from './module-edit.ts'
import { names, readModule, uses } from './module-text.ts'
import { dependsOn, type Project } from './project.ts'
import { type Proposal, proposeEdit, proposeFile } from './proposal.ts'

const PLUGIN = 'nonplus/vitest/plugin'
const TITLE = 'Vitest: matchers, a scope per test, a report at the end'
const LINES = [`import nonplus from '${PLUGIN}'`, '', 'plugins: [nonplus()],']

/** The plugin in the configuration of Vitest, which may be Vite's. */
export function proposeVitest(project: Project): Proposal[] {
  const { files } = project
  const find = (name: string): string | undefined => {
    return files.find((file) => new RegExp(`^${name}\\.config\\.[cm]?[jt]s$`).test(file))
  }
  const own = find('vitest')
  if (own === undefined && !dependsOn(project, 'vitest')) return []
  const file = own ?? find('vite')
  if (file === undefined) return [proposeFile(TITLE, newFile(project), newConfig())]
  const text = project.read(file) ?? ''
  const module = readModule(text)
  if (module !== undefined && names(module, PLUGIN)) return [{ state: 'done', title: TITLE, file }]
  const base = { title: TITLE, file, lines: LINES }
  const hasProjects = module !== undefined && (uses(module, 'projects') || uses(module, 'workspace'))
  if (hasProjects || files.some((one) => one.startsWith('vitest.workspace.'))) {
    const reason = 'it has projects, which may have plugins of their own: add it to each that queries the database'
    return [{ state: 'by hand', ...base, reason }]
  }
  const reason = 'its form is not one that can be changed safely'
  const loading = { binding: 'nonplus', specifier: PLUGIN, format: 'esm' as const }
  return [proposeEdit({ ...base, reason }, text, (now) => appendToList(now, 'plugins', 'nonplus()', loading))]
}

function newFile({ isEsm, isTypeScript }: Project): string {
  return `vitest.config.${isEsm ? '' : 'm'}${isTypeScript ? 'ts' : 'js'}`
}

function newConfig(): string {
  return `import nonplus from '${PLUGIN}'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [nonplus()],
})
`
}
