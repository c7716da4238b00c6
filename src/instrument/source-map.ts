import { readFileSync } from 'node:fs'
import { createRequire, findSourceMap } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { originalPositionFor as Locate, TraceMap } from '@jridgewell/trace-mapping'
import type { Frame } from '../model/trace.ts'
import type { RawFrame } from './call-site.ts'

type Position = { file: string; line: number; column: number }

const mappedFrames = new WeakMap<RawFrame, Frame>()

/** The frame in the source it was compiled from; done once per place in the code, and only for what a trace holds. */
export function sourceFrameOf(frame: RawFrame): Frame {
  let known = mappedFrames.get(frame)
  if (known === undefined) {
    const position = frame.mapped ?? mapByRuntime(frame) ?? mapByFile(frame) ?? frame
    known = { file: position.file, line: position.line, column: position.column, function: frame.function }
    mappedFrames.set(frame, known)
  }
  return known
}

/** Loaders such as tsx hand their maps to Node. */
function mapByRuntime(frame: RawFrame): Position | undefined {
  try {
    const entry = findSourceMap(frame.file)?.findEntry(frame.line - 1, frame.column - 1)
    if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined) return undefined
    const { originalSource, originalLine, originalColumn } = entry
    return { file: pathOf(originalSource, frame.file), line: originalLine + 1, column: originalColumn + 1 }
  } catch {
    return undefined
  }
}

const MAP_COMMENT = /\/\/[#@] sourceMappingURL=(\S+)\s*$/

const mapsByFile = new Map<string, TraceMap | undefined>()

/** Compiled code beside its map, run without `--enable-source-maps`. */
function mapByFile(frame: RawFrame): Position | undefined {
  try {
    if (!mapsByFile.has(frame.file)) mapsByFile.set(frame.file, readMap(frame.file))
    const map = mapsByFile.get(frame.file)
    if (map === undefined) return undefined
    const found = traceMapping().originalPositionFor(map, { line: frame.line, column: frame.column - 1 })
    if (found.source === null) return undefined
    return { file: pathOf(found.source, frame.file), line: found.line, column: found.column + 1 }
  } catch {
    return undefined
  }
}

function readMap(file: string): TraceMap | undefined {
  const code = readFileSync(file, 'utf8')
  const url = MAP_COMMENT.exec(code.slice(-4_096_000))?.[1]
  if (url === undefined) return undefined
  const json = url.startsWith('data:')
    ? Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8')
    : readFileSync(resolve(dirname(file), decodeURIComponent(url)), 'utf8')
  return new (traceMapping().TraceMap)(json)
}

function pathOf(source: string, generated: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source)
  if (isAbsolute(source) || /^[a-z-]+:\/\//.test(source)) return source
  return resolve(dirname(generated), source)
}

/** Source text that a map carries, for sources that are not on disk. */
export function embeddedSourceOf(file: string): string | undefined {
  for (const [generated, map] of mapsByFile) {
    const index = map?.sources.findIndex((source) => source !== null && pathOf(source, generated) === file) ?? -1
    const content = index >= 0 ? map?.sourcesContent?.[index] : undefined
    if (typeof content === 'string') return content
  }
  return undefined
}

// loaded at the first compiled file that is reported, not at start
function traceMapping(): { TraceMap: typeof TraceMap; originalPositionFor: typeof Locate } {
  return createRequire(import.meta.url)('@jridgewell/trace-mapping')
}
