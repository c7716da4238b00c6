import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** A page, by its path from the root. */
interface Page {
  readonly path: string
  readonly text: string
}

/** Links are left alone: an example links to the whole repository. */
function markdownIn(folder: string, isDeep: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return isDeep && entry.name !== 'node_modules' ? markdownIn(path, isDeep) : []
    return entry.name.endsWith('.md') ? [path] : []
  })
}

const pages: readonly Page[] = ['.', 'docs', 'src', 'examples', 'bench'].flatMap((folder) =>
  markdownIn(join(root, folder), folder !== '.').map((path) => ({
    path: relative(root, path),
    text: readFileSync(path, 'utf8'),
  })),
)

function page(path: string): string {
  return pages.find((candidate) => candidate.path === path)?.text ?? ''
}

/** A fenced block of code. */
interface Block {
  readonly place: string
  readonly language: string
  readonly code: string
}

function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(/^(`{3,})(\w*)\n(.*?)^\1$/gms)].map(({ 2: language = '', 3: code = '', index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    language,
    code,
  }))
}

const blocks = pages.flatMap(blocksOf)

function withoutBlocks(text: string): string {
  return text.replaceAll(/^(`{3,})\w*\n.*?^\1$/gms, '')
}

/** Anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): string[] {
  return [...withoutBlocks(page(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('links', () => {
  test.each(pages.map(({ path, text }) => [path, text]))('of %s lead somewhere', (path, text) => {
    const targets = [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const broken = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#')
        const linked = file === '' ? path : relative(root, resolve(root, dirname(path), file))
        return !existsSync(join(root, linked)) || (anchor !== undefined && !anchorsOf(linked).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  test('of the README lead to every page for users', () => {
    const linked = [...page('README.md').matchAll(/\]\(([^)\s#]+)/g)].map(([, target]) => target)
    const unlinked = pages.map(({ path }) => path).filter((path) => /^docs\/|^src\/detectors\//.test(path))
    expect(unlinked.filter((path) => !linked.includes(path))).toEqual([])
  })
})

describe('warnings', () => {
  /** Where texts for `coverage.warnings` are made. */
  const sources = [
    'coverage.ts',
    'scope-sieve.ts',
    'run-report.ts',
    'profiler.ts',
    'scope-report.ts',
    'reporters/json.ts',
  ]

  /** Fixed words of the texts in a file: parts of four words and more, those of errors left out. */
  function fixedWordsOf(name: string): string[] {
    const parts: string[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) || ts.isImportDeclaration(node)) return
      const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
      if (isText && node.text.trim().split(/\s+/).length >= 4) parts.push(node.text.trim())
      ts.forEachChild(node, visit)
    }
    const text = readFileSync(join(root, 'src', name), 'utf8')
    visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest))
    return parts
  }

  test.each(sources)('of %s are all explained', (name) => {
    const explained = page('docs/coverage.md').replaceAll(/\s+/g, ' ')
    const parts = fixedWordsOf(name)
    expect(parts).not.toEqual([])
    expect(parts.filter((part) => !explained.includes(part))).toEqual([])
  })
})

describe('code', () => {
  const otelFolder = join(root, 'test/otel/node_modules')
  const otelPackages = ['sdk-node', 'instrumentation-http', 'exporter-trace-otlp-http', 'sdk-trace'].map(
    (name) => `@opentelemetry/${name}`,
  )

  /** A sample of a file of the source says so in its first line; others are programs of a user. */
  const placed = blocks.flatMap((block) => {
    const path = /^\/\/ (src\/\S+\.ts)\n/.exec(block.code)?.[1]
    return path === undefined ? [] : [{ ...block, path: join(root, path) }]
  })
  const programs = blocks
    .filter(({ language, code }) => /^[jt]s$/.test(language) && /from 'nonplus['/]|import 'nonplus/.test(code))
    // of an SDK, which is no dependency of the root: npm ci --prefix test/otel
    .filter(({ code }) => !code.includes("from '@opentelemetry/") || existsSync(otelFolder))
    .map((block, index) => ({ ...block, path: join(root, `sample-${index}.m${block.language}`) }))

  /** The file itself where there is one already, with what the sample adds to it: a kind of finding. */
  function textOf({ path, code }: (typeof placed)[number]): string {
    if (!existsSync(path)) return code
    const name = /export interface (\w+)/.exec(code)?.[1]
    return readFileSync(path, 'utf8').replace(/^export type Finding = /m, `${code}\nexport type Finding = ${name} | `)
  }

  // What a sample does not declare is the reader's: any name, of any type.
  const left = new Set([2304, 2552, 7006, 7031])

  test('compiles: programs against the public types, samples of the source in their place', () => {
    const files = new Map([
      ...placed.map((block) => [block.path, textOf(block)] as const),
      ...programs.map((block) => [block.path, block.code] as const),
    ])
    const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent({ ...config.config, include: [], files: [] }, ts.sys, root)
    const paths = {
      nonplus: [join(root, 'src/index.ts')],
      'nonplus/register': [join(root, 'src/register.ts')],
      'nonplus/otel': [join(root, 'src/otel/index.ts')],
      ...Object.fromEntries(otelPackages.map((name) => [name, [join(otelFolder, name, 'build/src/index.d.ts')]])),
    }
    const host = ts.createCompilerHost(options)
    const { fileExists, readFile } = host
    host.fileExists = (path) => files.has(resolve(path)) || fileExists(path)
    host.readFile = (path) => files.get(resolve(path)) ?? readFile(path)
    host.getSourceFile = (path, target) => {
      const text = host.readFile(path)
      return text === undefined ? undefined : ts.createSourceFile(path, text, target)
    }
    const program = ts.createProgram([...files.keys()], { ...options, paths, allowJs: true, checkJs: true }, host)
    const faults = [...files.keys()].flatMap((path) => {
      const source = program.getSourceFile(path)
      const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      const { place } = [...placed, ...programs].find((block) => block.path === path) ?? {}
      return (
        diagnostics
          .filter(({ code }) => !left.has(code))
          .map(({ code, messageText }) => ({ code, text: ts.flattenDiagnosticMessageText(messageText, ' ') }))
          // a package of the reader's
          .filter(({ code, text }) => code !== 2307 || /module 'nonplus/.test(text))
          .map(({ text }) => `${place}: ${text}`)
      )
    })
    expect(faults).toEqual([])
    expect([placed.length, programs.length].every((count) => count >= 4)).toBe(true)
  })

  test('in JSON is a report by the schema', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    const validate = ajv.compile(JSON.parse(readFileSync(join(root, 'schema/report.json'), 'utf8')))
    const samples = blocksOf({ path: 'docs/report.md', text: page('docs/report.md') }).filter(
      ({ language }) => language === 'json',
    )
    expect(samples).toHaveLength(1)
    for (const { code } of samples) expect([validate(JSON.parse(code)), validate.errors]).toEqual([true, null])
  })
})

describe('commands', () => {
  const helps = new Map<string, string>()

  /** Options of other programs that the pages name. */
  const foreign = new Set(['--preload', '--import', '--require', '--save-dev', '--prefix'])

  /** Commands and options in the pages, as `page: nonplus run --quiet`. */
  const spoken = pages.flatMap(({ path, text }) => {
    // programs of its own, with options of their own
    if (path.startsWith('bench/')) return []
    const spans = [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
    const lines = blocksOf({ path, text })
      .filter(({ language }) => language === 'sh' || language === '')
      .flatMap(({ code }) => code.split('\n'))
    return [...spans, ...lines].map((code) => ({ path, code }))
  })

  beforeAll(async () => {
    const cli = join(root, 'dist/cli/index.js')
    if (!existsSync(cli)) throw new Error('These tests ask what `npm run build` makes.')
    const help = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, [cli, ...args, '--help'])).stdout
    const general = await help()
    helps.set('', general)
    for (const [, command = ''] of general.matchAll(/^ {2}([a-z]+) /gm)) {
      if (command !== 'help') helps.set(command, await help(command))
    }
  })

  test('that the pages name exist', () => {
    const unknown = spoken.filter(({ code }) => {
      const command = /(?:^|[$ ])(?<!import )nonplus ([a-z]+)(?: |$)/.exec(code)?.[1]
      return command !== undefined && !helps.has(command)
    })
    expect(unknown).toEqual([])
  })

  test('take the options that the pages name', () => {
    const unknown = spoken.flatMap(({ path, code }) => {
      const command = /(?:^|[$ ])(?<!import )nonplus ([a-z]+)(?: |$)/.exec(code)?.[1]
      if (command === undefined && !code.startsWith('--')) return []
      const own = code.split(' -- ')[0] ?? ''
      const known = command === undefined ? [...helps.values()].join('\n') : (helps.get(command) ?? '')
      return [...own.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)]
        .map(([option]) => option)
        .filter((option) => !known.includes(`${option} `) && !foreign.has(option))
        .map((option) => `${path}: ${option} in \`${code}\``)
    })
    expect(unknown).toEqual([])
  })
})
