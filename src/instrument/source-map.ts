import { existsSync, readFileSync } from 'node:fs'
import { createRequire, findSourceMap } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { originalPositionFor as Locate, TraceMap } from '@jridgewell/trace-mapping'
import type { Frame } from '../model/trace.ts'
import type { RawFrame } from './call-site.ts'
import { readScriptMaps } from './script-maps.ts'

type Position = { file: string; line: number; column: number }

const mappedFrames = new WeakMap<RawFrame, Frame>()

/** The frame in the source it was compiled from; done once per place in the code, and only for what a trace holds. */
export function sourceFrameOf(frame: RawFrame): Frame {
  let known = mappedFrames.get(frame)
  if (known === undefined) {
    const position = mapByFormatter(frame) ?? mapByRuntime(frame) ?? mapByFile(frame) ?? frame
    known = { file: position.file, line: position.line, column: position.column, function: frame.function }
    mappedFrames.set(frame, known)
  }
  return known
}

/** A formatter that knows no better than V8 is no reason not to look on: since Node 21 there always is one. */
function mapByFormatter({ file, line, column, mapped }: RawFrame): Position | undefined {
  const isSame = mapped?.file === file && mapped.line === line && mapped.column === column
  return isSame ? undefined : mapped
}

/** Text of sources that a map carries, by file. */
const embeddedSources = new Map<string, () => string | undefined>()

/** Source text that a map carries, for sources that are not on disk. */
export function embeddedSourceOf(file: string): string | undefined {
  return embeddedSources.get(file)?.()
}

/** Loaders such as tsx hand their maps to Node. */
function mapByRuntime(frame: RawFrame): Position | undefined {
  try {
    const map = findSourceMap(frame.file)
    const entry = map?.findEntry(frame.line - 1, frame.column - 1)
    if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined) return undefined
    const { originalSource, originalLine, originalColumn } = entry
    const file = pathOf(originalSource, dirname(frame.file))
    embeddedSources.set(file, () => {
      const { sources = [], sourcesContent } = map?.payload ?? {}
      const index = sources.findIndex((source) => source !== null && pathOf(source, dirname(frame.file)) === file)
      return sourcesContent?.[index === -1 ? sources.indexOf(originalSource) : index]
    })
    return { file, line: originalLine + 1, column: originalColumn + 1 }
  } catch {
    return undefined
  }
}

interface FileMap {
  readonly map: TraceMap
  /** Folder that the paths in the map are relative to. */
  readonly folder: string
}

const mapsByFile = new Map<string, FileMap | undefined>()

/** Compiled code beside its map, run without `--enable-source-maps`. */
function mapByFile(frame: RawFrame): Position | undefined {
  try {
    const found = mapOf(frame.file)
    if (found === undefined) return undefined
    const { map, folder } = found
    const original = traceMapping().originalPositionFor(map, { line: frame.line, column: frame.column - 1 })
    if (original.source === null) return undefined
    const file = pathOf(original.source, folder)
    const index = map.resolvedSources.indexOf(original.source)
    embeddedSources.set(file, () => map.sourcesContent?.[index] ?? undefined)
    return { file, line: original.line, column: original.column + 1 }
  } catch {
    return undefined
  }
}

function mapOf(file: string): FileMap | undefined {
  if (!mapsByFile.has(file)) {
    // noted first, so that a map that cannot be read is not read again
    mapsByFile.set(file, undefined)
    mapsByFile.set(file, readMap(file))
  }
  return mapsByFile.get(file)
}

const MAP_COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)/

function readMap(file: string): FileMap | undefined {
  const code = readFileSync(file, 'utf8')
  const start = Math.max(code.lastIndexOf('//# sourceMappingURL='), code.lastIndexOf('//@ sourceMappingURL='))
  const url = start === -1 ? scriptMapOf(file) : MAP_COMMENT.exec(code.slice(start))?.[1]
  if (url === undefined) return undefined
  const { TraceMap } = traceMapping()
  if (url.startsWith('data:')) return { map: new TraceMap(textOfDataUrl(url)), folder: dirname(file) }
  const path = url.startsWith('file:') ? fileURLToPath(url) : resolve(dirname(file), decodeURIComponent(url))
  return { map: new TraceMap(readFileSync(path, 'utf8')), folder: dirname(path) }
}

/** Not worth a look at all scripts: code that a loader has compiled and that is JavaScript on disk is rare. */
const COMPILED = /\.([jt]sx|[cm]?ts)$/

/** Scripts are read again for a file that was loaded since; a program that loads more files lazily is none for this. */
const MAX_READS = 50

let scriptMaps: ReadonlyMap<string, string> = new Map()
let readCount = 0

function scriptMapOf(file: string): string | undefined {
  if (COMPILED.test(file) && !scriptMaps.has(file) && readCount++ < MAX_READS) scriptMaps = readScriptMaps()
  return scriptMaps.get(file) || undefined
}

function textOfDataUrl(url: string): string {
  const comma = url.indexOf(',')
  const data = url.slice(comma + 1)
  return url.slice(0, comma).endsWith(';base64')
    ? Buffer.from(data, 'base64').toString('utf8')
    : decodeURIComponent(data)
}

// webpack names sources after itself, and relative to the project
const BUNDLER_URL = /^webpack(?:-internal)?:\/\/[^/]*\/(?:\.\/)?/

function pathOf(source: string, folder: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source)
  if (BUNDLER_URL.test(source)) {
    const name = source.replace(BUNDLER_URL, '').replace(/\?\w*$/, '')
    const file = resolve(name)
    return name !== '' && existsSync(file) ? file : source
  }
  if (isAbsolute(source) || /^[a-z-]+:\/\//.test(source)) return source
  return decoded(resolve(folder, source))
}

/** Sources are URLs by the letter, and few tools write them so: `app/%5Bslug%5D/page.tsx` of Next.js. */
function decoded(file: string): string {
  if (!file.includes('%') || existsSync(file)) return file
  try {
    return decodeURIComponent(file)
  } catch {
    return file
  }
}

// loaded at the first compiled file that is reported, not at start
function traceMapping(): { TraceMap: typeof TraceMap; originalPositionFor: typeof Locate } {
  return createRequire(import.meta.url)('@jridgewell/trace-mapping')
}
