import { parseJson, setJson } from './edit-json.ts'
import type { Project } from './project.ts'
import type { Proposal } from './proposal.ts'

const SUITE = 'nonplus/node-test'
const TITLE = 'node:test: a scope per test, a report at the end'

/** A call of `node` or `tsx` with `--test`, up to that flag; another command ends it. */
const TEST_RUN = /(?<![\w./-])(node|tsx)(?=\s(?:[^;&|]*?\s)?--test(?![\w-]))/g

/** The preload in each script of package.json that runs node:test. */
export function proposeNodeTest({ manifest }: Project): Proposal[] {
  const scripts = Object.entries(manifest.scripts ?? {}).filter(([, text]) => text.search(TEST_RUN) !== -1)
  if (scripts.length === 0) return []
  const open = scripts.filter(([, text]) => !text.includes(SUITE)).map(([name]) => name)
  if (open.length === 0) return [{ state: 'done', title: TITLE, file: 'package.json' }]
  const edit = (text = ''): string => open.reduce(preload, text)
  return [{ state: 'change', title: TITLE, file: 'package.json', edit }]
}

function preload(text: string, name: string): string {
  const { scripts } = parseJson(text) as { scripts: Readonly<Record<string, string>> }
  return setJson(text, ['scripts', name], scripts[name]?.replaceAll(TEST_RUN, `$1 --require ${SUITE}`))
}
