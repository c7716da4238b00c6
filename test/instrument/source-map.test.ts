import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { RawFrame } from '../../src/instrument/call-site.ts'
import { embeddedSourceOf, sourceFrameOf } from '../../src/instrument/source-map.ts'

const folder = mkdtempSync(join(tmpdir(), 'nonplus-source-map-'))

afterAll(() => rmSync(folder, { recursive: true }))

/** Maps the first column of line 1 to line 3, column 5 of the first source. */
function mapText(source: string, extra: object = {}): string {
  return JSON.stringify({
    version: 3,
    sources: [source],
    sourcesContent: ['the source'],
    names: [],
    mappings: 'AAEI',
    ...extra,
  })
}

function write(file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

function frameIn(file: string, mapped?: RawFrame['mapped']): RawFrame {
  return { file, line: 1, column: 1, function: 'run', isAwaiting: false, mapped }
}

function inline(text: string, encoding: 'base64' | 'text'): string {
  const data =
    encoding === 'base64' ? `;base64,${Buffer.from(text).toString('base64')}` : `,${encodeURIComponent(text)}`
  return `run()\n//# sourceMappingURL=data:application/json;charset=utf-8${data}\n`
}

const cases: [what: string, file: string, code: string, source: string][] = [
  ['a map beside the code', 'a/out.js', 'run()\n//# sourceMappingURL=out.js.map', 'a/src/in.ts'],
  ['a map in another folder', 'b/dist/out.js', 'run()\n//# sourceMappingURL=../maps/out.js.map', 'b/in.ts'],
  ['a map with a root', 'c/dist/out.js', 'run()\n//# sourceMappingURL=out.js.map\n', 'c/src/in.ts'],
  ['a map inside the code', 'd/out.js', inline(mapText('in.ts'), 'base64'), 'd/in.ts'],
  ['a map inside the code as text', 'e/out.js', inline(mapText('in.ts'), 'text'), 'e/in.ts'],
  ['a comment after the one of the map', 'f/out.js', `${inline(mapText('in.ts'), 'base64')}/* licence */\n`, 'f/in.ts'],
]
write('a/out.js.map', mapText('src/in.ts'))
write('b/maps/out.js.map', mapText('../in.ts'))
write('c/dist/out.js.map', mapText('in.ts', { sourceRoot: '../src' }))

test.each(cases)('%s leads to the source', (_what, file, code, source) => {
  const frame = sourceFrameOf(frameIn(write(file, code)))
  expect(frame).toEqual({ file: join(folder, source), line: 3, column: 5, function: 'run' })
  expect(embeddedSourceOf(frame.file)).toBe('the source')
})

test('a source that webpack names is the file, where there is one', () => {
  const frameOf = (name: string, source: string) => {
    return sourceFrameOf(frameIn(write(name, inline(mapText(source), 'base64')))).file
  }
  expect(frameOf('g1.js', 'webpack://app/./package.json?0f3a')).toBe(join(process.cwd(), 'package.json'))
  expect(frameOf('g2.js', 'webpack://app/./src/gone.ts')).toBe('webpack://app/src/gone.ts')
})

test.each([
  ['no map', 'run()'],
  ['a map that is not there', 'run()\n//# sourceMappingURL=gone.js.map'],
  ['a map that is broken', inline('{', 'base64')],
  ['a map that does not know the place', inline(mapText('in.ts', { mappings: ';AAEI' }), 'base64')],
])('with %s the frame stays as it is', (what, code) => {
  const file = write(`${what}.js`, code)
  expect(sourceFrameOf(frameIn(file))).toEqual({ file, line: 1, column: 1, function: 'run' })
})

test('what the formatter of a loader says counts, unless it says nothing new', () => {
  const file = write('h/out.js', inline(mapText('in.ts'), 'base64'))
  const mapped = { file: join(folder, 'h/other.ts'), line: 7, column: 1 }
  expect(sourceFrameOf(frameIn(file, mapped))).toEqual({ ...mapped, function: 'run' })
  expect(sourceFrameOf(frameIn(file, { file, line: 1, column: 1 })).file).toBe(join(folder, 'h/in.ts'))
})

test('what webpack wrote itself has no file', () => {
  write('own/out.js.map', mapText('webpack://_N_E/?4af1'))
  const frame = sourceFrameOf(frameIn(write('own/out.js', 'run()\n//# sourceMappingURL=out.js.map\n')))
  expect(frame.file).toBe('webpack://_N_E/?4af1')
})

test('a source that is written as a URL is the file it means', () => {
  const frameOf = (name: string, source: string) => {
    write(`${name}/out.js.map`, mapText(source))
    return sourceFrameOf(frameIn(write(`${name}/out.js`, 'run()\n//# sourceMappingURL=out.js.map\n'))).file
  }
  expect(frameOf('url', 'app/%5Bslug%5D/page.tsx')).toBe(join(folder, 'url/app/[slug]/page.tsx'))
  write('named/100%25.ts', '')
  expect(frameOf('named', '100%25.ts')).toBe(join(folder, 'named/100%25.ts'))
  expect(frameOf('broken', '100%.ts')).toBe(join(folder, 'broken/100%.ts'))
})
