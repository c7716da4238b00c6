import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { detectors } from '../src/detectors/index.ts'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

/** Who may import whom; `core` are the files directly in src. Everything else is a breach of the one direction. */
const RINGS: Record<string, readonly string[]> = {
  model: ['model'],
  sql: ['model', 'sql'],
  instrument: ['model', 'sql', 'instrument'],
  detectors: ['model', 'sql', 'detectors'],
  explain: ['model', 'sql', 'explain'],
  sources: ['model', 'sql', 'sources'],
  reporters: ['model', 'reporters'],
  otel: ['model', 'core', 'instrument', 'reporters', 'otel'],
  testing: ['model', 'core', 'instrument', 'reporters', 'testing'],
  core: ['model', 'sql', 'instrument', 'detectors', 'explain', 'sources', 'reporters', 'otel', 'testing', 'core'],
  cli: ['model', 'sql', 'instrument', 'detectors', 'explain', 'sources', 'reporters', 'otel', 'testing', 'core', 'cli'],
}

/** Rings that must stay pure: no modules of Node, but for path arithmetic in the reporters. */
const PURE: Record<string, readonly string[]> = {
  model: [],
  sql: [],
  detectors: [],
  reporters: ['node:path', 'node:util'],
}

/** Folders of the repository that are written by hand. */
const HAND_WRITTEN = ['src', 'test', 'examples', 'bench', 'docs', '.ci']

function filesIn(folder: string, matches: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && matches.test(entry.name) && !/node_modules|generated/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
}

function ringOf(file: string): string {
  const [first = ''] = relative(src, file).split('/')
  return first.endsWith('.ts') ? 'core' : first
}

function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  return [...code.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] as string)
}

/** Code of a file without what is gone when it runs. */
function withoutTypes(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/(?:import|export) type [^;]*? from '[^']+'/gs, '')
}

const sources = filesIn(src, /\.ts$/)

test('the build, being CommonJS, writes import.meta.url with `require`: no file that has the one names something the other', () => {
  const both = sources.filter((file) => {
    const code = readFileSync(file, 'utf8')
    return /import\.meta/.test(code) && /\b(?:const|let|var) require\b|[(,] ?require\b ?[:,)]/.test(code)
  })
  expect(both.map((file) => relative(root, file))).toEqual([])
})

describe('rings', () => {
  test('no file imports a ring it may not', () => {
    const breaches = sources.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => resolve(dirname(file), name))
        .filter((target) => !RINGS[ringOf(file)]?.includes(ringOf(target)))
        .map((target) => `${relative(root, file)} imports ${relative(root, target)}`),
    )
    expect(breaches).toEqual([])
  })

  test('every folder of src is a ring', () => {
    expect([...new Set(sources.map(ringOf))].filter((ring) => RINGS[ring] === undefined)).toEqual([])
  })

  test('model, sql, detectors and reporters do no I/O', () => {
    const breaches = sources.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('node:') && PURE[ringOf(file)]?.includes(name) === false)
        .map((name) => `${relative(root, file)} imports ${name}`),
    )
    expect(breaches).toEqual([])
  })

  test('of OpenTelemetry, nothing is loaded: types only', () => {
    const breaches = sources.filter((file) => /from '@opentelemetry|\('@opentelemetry/.test(withoutTypes(file)))
    expect(breaches.map((file) => relative(root, file))).toEqual([])
  })

  test('the detectors know neither clock nor chance', () => {
    const breaches = sources
      .filter((file) => ringOf(file) === 'detectors')
      .filter((file) => /Date\.now|performance\.|Math\.random|process\./.test(readFileSync(file, 'utf8')))
    expect(breaches).toEqual([])
  })

  test('what the register path loads at start is our own code and Node only', () => {
    const seen = new Set<string>()
    const foreign: string[] = []
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      const code = withoutTypes(file)
      for (const [, name = ''] of code.matchAll(/^(?:import|export|\}).*? from '([^']+)'/gm)) {
        if (name.startsWith('.')) visit(resolve(dirname(file), name))
        else if (!name.startsWith('node:')) foreign.push(`${relative(root, file)} imports ${name}`)
      }
    }
    visit(join(src, 'register.ts'))
    expect(foreign).toEqual([])
  })
})

describe('files', () => {
  test('hold no control characters, which would make them binary to review tools', () => {
    const files = HAND_WRITTEN.flatMap((folder) => filesIn(join(root, folder), /\.(m?[jt]s|md|json|sh)$/))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    const dirty = files.filter((file) => /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(readFileSync(file, 'utf8')))
    expect(dirty.map((file) => relative(root, file))).toEqual([])
  })

  test('are not catch-alls', () => {
    const names = sources
      .map((file) => relative(src, file))
      .filter((name) => /(utils?|helpers?|common|shared|misc)\.ts$/.test(name))
    expect(names).toEqual([])
  })

  test('of detectors have their page beside them', () => {
    const pages = filesIn(join(src, 'detectors'), /\.md$/).map((file) => relative(join(src, 'detectors'), file))
    expect(pages.sort()).toEqual(detectors.map(({ kind }) => `${kind}.md`).sort())
  })
})
