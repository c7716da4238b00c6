import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { LoggedScope } from '../otel/otlp-json.ts'
import type { LogLine, LogRecord } from '../run-log.ts'

/** Scopes that were read; they come again until `done` is called. */
export interface LogPart {
  readonly scopes: readonly LoggedScope[]
  readonly done: () => void
}

/** Bytes of a log that are read at a time. */
const CHUNK = 1024 * 1024

const NEWLINE = 10

/** Reads what the processes of a run log, while they do. What was read stays on disk, so nothing is kept twice. */
export class LogTail {
  readonly #folder: string
  /** By the name of a log, how far it was read. */
  readonly #offsets = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The next scopes, of one log; undefined where there are none at the moment. */
  next(): LogPart | undefined {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.jsonl'))
    for (const name of names) {
      const offset = this.#offsets.get(name) ?? 0
      const lines = readLines(join(this.#folder, name), offset)
      if (lines.length === 0) continue
      const done = (): void => void this.#offsets.set(name, offset + lines.length)
      const scopes = lines
        .toString('utf8')
        .split('\n')
        .flatMap((line) => scopeOf(line))
      if (scopes.length > 0) return { scopes, done }
      done()
    }
    return undefined
  }

  /** Scopes that the processes have summed up by name, and not logged one by one. */
  countSummedUp(): number {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    return names.reduce((sum, name) => sum + summedUpIn(join(this.#folder, name)), 0)
  }
}

function summedUpIn(path: string): number {
  try {
    const { totals } = JSON.parse(readFileSync(path, 'utf8')) as LogRecord
    return totals.reduce((sum, { scopes }) => sum + scopes, 0)
  } catch {
    // torn by a kill
    return 0
  }
}

/** Whole lines from an offset on; empty where none has been finished. */
function readLines(path: string, offset: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const left = fstatSync(file).size - offset
    for (let size = Math.min(CHUNK, left); size > 0; size = Math.min(size * 2, left)) {
      const chunk = Buffer.alloc(size)
      const read = chunk.subarray(0, readSync(file, chunk, 0, size, offset))
      const end = read.lastIndexOf(NEWLINE)
      if (end !== -1) return read.subarray(0, end + 1)
      // one line may be longer than a chunk
      if (size >= left) break
    }
    return Buffer.alloc(0)
  } finally {
    closeSync(file)
  }
}

function scopeOf(text: string): LoggedScope[] {
  try {
    const line = text === '' ? undefined : (JSON.parse(text) as LogLine)
    return line?.type === 'scope' ? [{ scope: line.scope, findings: line.findings }] : []
  } catch {
    // torn by a kill
    return []
  }
}
