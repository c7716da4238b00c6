import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import { appendToList, wrapExport } from '../../../src/cli/init/module-edit.ts'
import { loadTokenizer } from '../../../src/cli/init/module-text.ts'

beforeAll(loadTokenizer)

const LOADING = { binding: 'nonplus', specifier: 'nonplus/vitest/plugin', format: 'esm' } as const

function plugin(text: string): string | undefined {
  return appendToList(text, 'plugins', 'nonplus()', LOADING)
}

function faultsOf(text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true, fileName: 'a.mts' })
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

const IMPORT = "import { defineConfig } from 'vitest/config'\n"
const ADDED = `${IMPORT.trimEnd()}\nimport nonplus from 'nonplus/vitest/plugin'\n`

const lists: [what: string, before: string, after: string][] = [
  [
    'an object without the list',
    'export default defineConfig({\n  test: {},\n})\n',
    'export default defineConfig({\n  plugins: [nonplus()],\n  test: {},\n})\n',
  ],
  [
    'on one line',
    'export default defineConfig({ test: {} })\n',
    'export default defineConfig({ plugins: [nonplus()], test: {} })\n',
  ],
  ['without spaces', 'export default {test:{}}\n', 'export default {plugins: [nonplus()], test:{}}\n'],
  ['an empty object', 'export default defineConfig({})\n', 'export default defineConfig({ plugins: [nonplus()] })\n'],
  ['an empty object on two lines', 'export default {\n}\n', 'export default {\n  plugins: [nonplus()],\n}\n'],
  [
    'a list',
    'export default defineConfig({ plugins: [react()] })\n',
    'export default defineConfig({ plugins: [nonplus(), react()] })\n',
  ],
  [
    'a list on lines',
    'export default {\n\tplugins: [\n\t\treact(),\n\t],\n}\n',
    'export default {\n\tplugins: [\n\t\tnonplus(),\n\t\treact(),\n\t],\n}\n',
  ],
  ['an empty list', 'export default { plugins: [] }\n', 'export default { plugins: [nonplus()] }\n'],
  [
    'a list under a quoted name',
    "export default { 'plugins': [a()], }\n",
    "export default { 'plugins': [nonplus(), a()], }\n",
  ],
  [
    'a function',
    'export default defineConfig(({ mode }) => ({\n  base: mode,\n}))\n',
    'export default defineConfig(({ mode }) => ({\n  plugins: [nonplus()],\n  base: mode,\n}))\n',
  ],
  [
    'an async function',
    'export default defineConfig(async () => ({ base: "" }))\n',
    'export default defineConfig(async () => ({ plugins: [nonplus()], base: "" }))\n',
  ],
  [
    'a constant',
    'const config: UserConfig = {\n  base: "",\n}\nexport default config\n',
    'const config: UserConfig = {\n  plugins: [nonplus()],\n  base: "",\n}\nexport default config\n',
  ],
  [
    'a constant of defineConfig',
    'const config = defineConfig({ base: "" })\nexport default config\n',
    'const config = defineConfig({ plugins: [nonplus()], base: "" })\nexport default config\n',
  ],
  [
    'satisfies',
    'export default { base: "" } satisfies UserConfig\n',
    'export default { plugins: [nonplus()], base: "" } satisfies UserConfig\n',
  ],
  [
    'a comment behind the bracket',
    'export default {\n  // plugins: [no],\n  base: "", // }\n}\n',
    'export default {\n  plugins: [nonplus()],\n  // plugins: [no],\n  base: "", // }\n}\n',
  ],
  [
    'a comment on the line of the bracket',
    'export default { // all\n  base: "",\n}\n',
    'export default { // all\n  plugins: [nonplus()],\n  base: "",\n}\n',
  ],
  [
    'brackets in strings, templates and expressions',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is read
    'export default {\n  a: "}",\n  b: `${"{"}}`,\n  c: /[}"\']/,\n}\n',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is written
    'export default {\n  plugins: [nonplus()],\n  a: "}",\n  b: `${"{"}}`,\n  c: /[}"\']/,\n}\n',
  ],
  [
    'the name elsewhere',
    'export default { test: { plugins: [x] } }\n',
    'export default { plugins: [nonplus()], test: { plugins: [x] } }\n',
  ],
]

describe('a list of the exported object', () => {
  test.each(lists)('%s', (_what, before, after) => {
    const edited = plugin(IMPORT + before)
    expect(edited).toBe(ADDED + after)
    expect(faultsOf(edited ?? '')).toEqual([])
  })

  test.each([
    ['what is spread may hold the list', 'export default { ...base, test: {} }'],
    ['a list that is computed', 'export default { plugins: isTest ? [] : [react()] }'],
    ['a list that is changed', 'export default { plugins: [a, b].filter(Boolean) }'],
    ['a list by name', 'const plugins = []\nexport default { plugins }'],
    ['a function with a body', 'export default defineConfig(() => {\n  return { test: {} }\n})'],
    ['a call of something else', 'export default mergeConfig(base, defineConfig({}))'],
    ['an imported object', 'import config from "./config"\nexport default config'],
    ['a constant that is assigned twice', 'const config = {}\n{ const config = {} }\nexport { config as default }'],
    ['a name that is taken', 'const nonplus = 1\nexport default { base: nonplus }'],
    ['CommonJS', 'module.exports = { base: "" }'],
    ['two exports', 'export default {}\nexport default {}'],
    ['a bracket too few', 'export default { base: ""'],
    ['a string that does not end', 'export default { base: "\n }'],
    ['nothing', ''],
  ])('is left alone: %s', (_what, text) => {
    expect(plugin(text)).toBeUndefined()
  })

  test('a list of CommonJS, which loads nothing', () => {
    expect(appendToList("'use strict'\nmodule.exports = {\n  spec: 'a',\n}\n", 'require', "'x'")).toBe(
      "'use strict'\nmodule.exports = {\n  require: ['x'],\n  spec: 'a',\n}\n",
    )
  })
})

const wrapped: [what: string, before: string, after: string][] = [
  [
    'an object',
    'module.exports = {\n  a: 1,\n}\n',
    "const { wrap } = require('m')\n\nmodule.exports = wrap({\n  a: 1,\n})\n",
  ],
  [
    'a name',
    'const config = {}\nmodule.exports = config;\n',
    "const { wrap } = require('m');\n\nconst config = {}\nmodule.exports = wrap(config);\n",
  ],
  ['an object of an ES module', 'export default { a: 1 }', "import { wrap } from 'm'\n\nexport default wrap({ a: 1 })"],
  [
    'with a type',
    'const config: Config = { a: 1 }\nexport default config satisfies Config\n',
    "import { wrap } from 'm'\n\nconst config: Config = { a: 1 }\nexport default wrap(config) satisfies Config\n",
  ],
  [
    'after imports, in their style',
    'import type { Config } from "jest";\nimport path from "node:path";\n\nexport default { a: path } as Config;\n',
    'import type { Config } from "jest";\nimport path from "node:path";\nimport { wrap } from "m";\n\nexport default wrap({ a: path }) as Config;\n',
  ],
  [
    'after requires',
    "const a = require('a');\nconst b = require('b')\n\nmodule.exports = { a, b };\n",
    "const a = require('a');\nconst b = require('b')\nconst { wrap } = require('m');\n\nmodule.exports = wrap({ a, b });\n",
  ],
  [
    'a JSDoc type stays with its export',
    "/** @type {import('jest').Config} */\nmodule.exports = {}\n",
    "const { wrap } = require('m')\n\n/** @type {import('jest').Config} */\nmodule.exports = wrap({})\n",
  ],
  [
    'strict mode stays first',
    "'use strict';\n\nmodule.exports = {};\n",
    "'use strict';\n\nconst { wrap } = require('m');\n\nmodule.exports = wrap({});\n",
  ],
  [
    'references stay first',
    '/// <reference types="jest" />\nexport default {}\n',
    '/// <reference types="jest" />\nimport { wrap } from \'m\'\n\nexport default wrap({})\n',
  ],
  [
    'ends of lines of Windows',
    'module.exports = {\r\n  a: 1\r\n}\r\n',
    "const { wrap } = require('m')\r\n\r\nmodule.exports = wrap({\r\n  a: 1\r\n})\r\n",
  ],
  [
    'an import with attributes',
    'import a from "./a.json" with { type: "json" }\nexport default a\n',
    'import a from "./a.json" with { type: "json" }\nimport { wrap } from "m"\nexport default wrap(a)\n',
  ],
]

describe('a call around what is exported', () => {
  test.each(wrapped)('%s', (_what, before, after) => {
    const edited = wrapExport(before, 'wrap', 'm')
    expect(edited).toBe(after)
    expect(faultsOf(edited ?? '')).toEqual([])
  })

  test.each([
    ['a call', 'module.exports = createJestConfig(config)'],
    ['a function', 'module.exports = async () => ({})'],
    ['a function by name', 'export default async function config() {}'],
    ['a list', 'module.exports = []'],
    ['a member', 'module.exports = require("./base").jest'],
    ['what goes on in the next line', 'module.exports = config\n  .jest'],
    ['a name that is taken', 'const wrap = 1\nmodule.exports = {}'],
    ['exports that are added to', 'module.exports.preset = "x"'],
  ])('is left alone: %s', (_what, text) => {
    expect(wrapExport(text, 'wrap', 'm')).toBeUndefined()
  })
})
