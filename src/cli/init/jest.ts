import { appendJson, parseJson, setJson } from './edit-json.ts'
import { wrapExport } from './module-edit.ts'
import { names, readModule } from './module-text.ts'
import { dependsOn, type Project } from './project.ts'
import { type Proposal, proposeEdit } from './proposal.ts'

const CONFIG = 'nonplus/jest/config'
const SUITE = 'nonplus/jest/suite'
const REPORTER = 'nonplus/jest/reporter'
const TITLE = 'Jest: matchers, a scope per test, a report at the end'
const JSON_LINES = [`"setupFilesAfterEnv": ["${SUITE}"],`, `"reporters": ["default", "${REPORTER}"]`]

/** `withNonplus()` around the configuration of Jest; in JSON what that would add. */
export function proposeJest(project: Project): Proposal[] {
  const { files, manifest } = project
  const file = files.find((one) => /^jest\.config\.([cm]?[jt]s|json)$/.test(one))
  if (file !== undefined && !file.endsWith('.json')) return [proposeModule(project, file)]
  if (file !== undefined) return [proposeJson(project, file, [])]
  if (manifest.jest === undefined && !dependsOn(project, 'jest')) return []
  return [proposeJson(project, 'package.json', ['jest'])]
}

function proposeModule(project: Project, file: string): Proposal {
  const text = project.read(file) ?? ''
  const module = readModule(text)
  if (module !== undefined && (names(module, CONFIG) || names(module, SUITE))) {
    return { state: 'done', title: TITLE, file }
  }
  const isEsm = /\.m?ts$|\.mjs$/.test(file) || (file.endsWith('.js') && project.isEsm)
  const lines = isEsm
    ? [`import { withNonplus } from '${CONFIG}'`, '', 'export default withNonplus({ … })']
    : [`const { withNonplus } = require('${CONFIG}')`, '', 'module.exports = withNonplus({ … })']
  const reason = 'its form is not one that can be changed safely: put the call around the object that it exports'
  return proposeEdit({ title: TITLE, file, reason, lines }, text, (now) => wrapExport(now, 'withNonplus', CONFIG))
}

/** @param path of the configuration in the file. */
function proposeJson(project: Project, file: string, path: readonly string[]): Proposal {
  const text = project.read(file) ?? ''
  const config = configIn(text, path)
  const base = { title: TITLE, file, lines: JSON_LINES }
  if (config === undefined) return { state: 'by hand', ...base, reason: 'its configuration is no object of JSON' }
  if (Array.isArray(config.setupFilesAfterEnv) && config.setupFilesAfterEnv.includes(SUITE)) {
    return { state: 'done', title: TITLE, file }
  }
  if (config.projects !== undefined) {
    return { state: 'by hand', ...base, reason: 'it has projects: add the first line to each of them, the second here' }
  }
  return proposeEdit({ ...base, reason: '' }, text, (now) => editJson(now, path))
}

function editJson(text: string, path: readonly string[]): string {
  const { setupFilesAfterEnv, reporters } = configIn(text, path) ?? {}
  const withSuite = appendJson(text, [...path, 'setupFilesAfterEnv'], setupFilesAfterEnv, SUITE)
  // a list of one's own replaces the reporter that is there by default
  if (reporters === undefined) return setJson(withSuite, [...path, 'reporters'], ['default', REPORTER])
  if ((reporters as readonly unknown[]).includes(REPORTER)) return withSuite
  return appendJson(withSuite, [...path, 'reporters'], reporters, REPORTER)
}

/** Undefined where it is no object; empty where there is none yet. */
function configIn(text: string, path: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  let value: unknown = parseJson(text)
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name] ?? {}
  return typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined
}
