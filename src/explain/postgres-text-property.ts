import type { TextFields } from './postgres-text-header.ts'
import { splitList } from './split-list.ts'

const LISTS = new Set(['Output', 'Sort Key', 'Presorted Key', 'Group Key', 'Params Evaluated'])

/** Lines that hold more than one number. */
const readers: Readonly<Record<string, (value: string, fields: TextFields) => TextFields>> = {
  Buffers: buffersOf,
  'Heap Blocks': (value) => ({
    'Exact Heap Blocks': count(/exact=(\d+)/, value),
    'Lossy Heap Blocks': count(/lossy=(\d+)/, value),
  }),
  'Sort Method': sortOf,
  'Full-sort Groups': (value) => ({ 'Full-sort Groups': groupsOf(value) }),
  'Pre-sorted Groups': (value) => ({ 'Pre-sorted Groups': groupsOf(value) }),
  Buckets: (value) => bucketsOf(`Buckets: ${value}`),
  Batches: (value, fields) => batchesOf(`Batches: ${value}`, fields),
  'Planned Partitions': (value, fields) => batchesOf(`Planned Partitions: ${value}`, fields),
  Hits: (value) => ({ 'Cache Hits': count(/^(\d+)/, value), 'Cache Misses': count(/Misses: (\d+)/, value) }),
  Storage: (value) => ({ Storage: /^\w+/.exec(value)?.[0] }),
  Disabled: (value) => ({ Disabled: value === 'true' }),
}

/** What one line says of its node, as fields of EXPLAIN (FORMAT JSON). */
export function propertyFields(name: string, value: string, fields: TextFields): TextFields {
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (read !== undefined) return read(value, fields)
  if (LISTS.has(name)) return { [name]: splitList(value) ?? [] }
  return { [name]: value }
}

function count(pattern: RegExp, value: string): number {
  return Number(pattern.exec(value)?.[1] ?? 0)
}

/** `shared hit=3 read=1, temp read=5 written=6`: what is 0 is left out. */
function buffersOf(value: string): TextFields {
  const parts = value.split(', ').map((part) => part.trim())
  const number = (kind: string, what: string): number =>
    count(new RegExp(` ${what}=(\\d+)`), parts.find((part) => part.startsWith(`${kind} `)) ?? '')
  return {
    'Shared Hit Blocks': number('shared', 'hit'),
    'Shared Read Blocks': number('shared', 'read'),
    'Shared Dirtied Blocks': number('shared', 'dirtied'),
    'Shared Written Blocks': number('shared', 'written'),
    'Local Hit Blocks': number('local', 'hit'),
    'Local Read Blocks': number('local', 'read'),
    'Temp Read Blocks': number('temp', 'read'),
    'Temp Written Blocks': number('temp', 'written'),
  }
}

/** `external merge  Disk: 104kB` */
function sortOf(value: string): TextFields {
  const [, method = value, type, space] = /^(.*?)\s+(Memory|Disk): (\d+)kB$/.exec(value) ?? []
  return {
    'Sort Method': method,
    ...(type === undefined ? {} : { 'Sort Space Type': type, 'Sort Space Used': Number(space) }),
  }
}

/** `2  Sort Methods: top-N heapsort, quicksort  Average Memory: 26kB  Peak Memory: 26kB` */
function groupsOf(value: string): TextFields {
  const methods = /Sort Methods?: (.*?)(?: {2}|$)/.exec(value)?.[1]
  const space = (type: string): TextFields => {
    const peak = new RegExp(`Peak ${type}: (\\d+)kB`).exec(value)?.[1]
    return peak === undefined ? {} : { [`Sort Space ${type}`]: { 'Peak Sort Space Used': Number(peak) } }
  }
  return {
    'Group Count': count(/^(\d+)/, value),
    'Sort Methods Used': methods === undefined ? [] : methods.split(', '),
    ...space('Memory'),
    ...space('Disk'),
  }
}

/** `Buckets: 1024  Batches: 4 (originally 1)  Memory Usage: 9kB` */
function bucketsOf(line: string): TextFields {
  const now = count(/Batches: (\d+)/, line)
  return {
    'Hash Buckets': count(/Buckets: (\d+)/, line),
    'Hash Batches': now,
    'Original Hash Batches': count(/Batches: \d+ \(originally (\d+)\)/, line) || now,
    'Peak Memory Usage': count(/Memory Usage: (\d+)kB/, line),
  }
}

/** `Planned Partitions: 4  Batches: 5  Memory Usage: 4145kB  Disk Usage: 1088kB` */
function batchesOf(line: string, { 'Node Type': nodeType }: TextFields): TextFields {
  if (nodeType === 'Hash') return bucketsOf(line)
  const batches = /Batches: (\d+)/.exec(line)?.[1]
  return {
    ...(batches === undefined
      ? {}
      : {
          'HashAgg Batches': Number(batches),
          'Peak Memory Usage': count(/Memory Usage: (\d+)kB/, line),
          'Disk Usage': count(/Disk Usage: (\d+)kB/, line),
        }),
  }
}
