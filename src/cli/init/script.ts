import { setJson } from './edit-json.ts'
import { type Project, runScript } from './project.ts'
import type { Proposal } from './proposal.ts'

const TITLE = 'A script that starts the application with nonplus'

/** Scripts that start an application, as projects name them. */
const STARTS = ['dev', 'start:dev', 'serve', 'start']

/** `dev:nonplus` beside `dev`. */
export function proposeScript(project: Project): Proposal[] {
  const { scripts = {} } = project.manifest
  if (Object.values(scripts).some((text) => /\bnonplus run\b/.test(text))) {
    return [{ state: 'done', title: TITLE, file: 'package.json' }]
  }
  const base = STARTS.find((name) => name in scripts)
  if (base === undefined) return []
  const text = `nonplus run -- ${runScript(project, base)}`
  const edit = (now = ''): string => setJson(now, ['scripts', `${base}:nonplus`], text, base)
  return [{ state: 'change', title: TITLE, file: 'package.json', edit }]
}
