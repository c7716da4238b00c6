import { appendJson, parseJson } from './edit-json.ts'
import { appendToList } from './module-edit.ts'
import { names, readModule } from './module-text.ts'
import { dependsOn, type Project } from './project.ts'
import { type Proposal, proposeEdit, proposeFile } from './proposal.ts'

const SUITE = 'nonplus/mocha'
const TITLE = 'mocha: a scope per test, a report at the end'

/** `require` in the configuration of mocha. */
export function proposeMocha(project: Project): Proposal[] {
  const { files, manifest } = project
  const file = files.find((one) => /^\.mocharc(\.([cm]?js|jsonc?|ya?ml))?$/.test(one))
  if (file !== undefined) return [proposeIn(project, file)]
  if (manifest.mocha !== undefined) return [proposeJson(project, 'package.json', ['mocha'])]
  if (!dependsOn(project, 'mocha')) return []
  return [proposeFile(TITLE, '.mocharc.json', `${JSON.stringify({ require: [SUITE] }, null, 2)}\n`)]
}

function proposeIn(project: Project, file: string): Proposal {
  if (/\.ya?ml$/.test(file)) return proposeYaml(project, file)
  if (!/js$/.test(file)) return proposeJson(project, file, [])
  const text = project.read(file) ?? ''
  const module = readModule(text)
  if (module !== undefined && names(module, SUITE)) return { state: 'done', title: TITLE, file }
  const base = { title: TITLE, file, lines: [`require: ['${SUITE}'],`] }
  const reason = 'its form is not one that can be changed safely: add it to what it exports'
  return proposeEdit({ ...base, reason }, text, (now) => appendToList(now, 'require', `'${SUITE}'`))
}

function proposeJson(project: Project, file: string, path: readonly string[]): Proposal {
  const text = project.read(file) ?? ''
  const config = configIn(text, path)
  const lines = [`"require": ["${SUITE}"]`]
  if (config === undefined) {
    return { state: 'by hand', title: TITLE, file, reason: 'its configuration is no object of JSON', lines }
  }
  if ([config.require].flat().includes(SUITE)) return { state: 'done', title: TITLE, file }
  return proposeEdit({ title: TITLE, file, reason: '', lines }, text, (now) => {
    return appendJson(now, [...path, 'require'], configIn(now, path)?.require, SUITE)
  })
}

/** Only shown: what else YAML could say at that place is too much to guess. */
function proposeYaml(project: Project, file: string): Proposal {
  const text = project.read(file) ?? ''
  if (new RegExp(`^[^#]*${SUITE}`, 'm').test(text)) return { state: 'done', title: TITLE, file }
  const lines = ['require:', `  - ${SUITE}`]
  return {
    state: 'by hand',
    title: TITLE,
    file,
    reason: 'files of YAML are not changed: add it to what is there',
    lines,
  }
}

function configIn(text: string, path: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const root = parseJson(text)
  return path.length === 0 ? root : (root?.[path[0] as string] as Readonly<Record<string, unknown>> | undefined)
}
