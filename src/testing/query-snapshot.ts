import { NonplusError } from '../model/errors.ts'
import { type Block, checkBlock } from './block.ts'
import { nothingSeenText } from './failure.ts'
import { type Measured, measure, type Query } from './measure.ts'

/** A block's queries as a text to keep, and what the block gave back. */
export interface QuerySnapshot<Result = unknown> {
  readonly text: string
  readonly result: Result
}

/**
 * Runs a block and writes down the shapes of its queries: a line for each, repeats in a row gathered (`50 × select …`).
 * Values, literals and the lengths of lists are left out. What ran at the same time stands in alphabetical order, since
 * its order is chance.
 *
 * @throws NonplusError ERR_OPTION_INVALID for wrong use, ERR_NOTHING_SEEN where no driver is watched; what the block throws.
 */
export async function querySnapshot<Result>(name: string, block: Block<Result>): Promise<QuerySnapshot<Result>> {
  checkBlock(block, 'expect(fn).toMatchQuerySnapshot()')
  const measured = await measure(name, block, { only: [] })
  if (measured.isBlind) throw new NonplusError('ERR_NOTHING_SEEN', nothingSeenText(measured))
  return { text: snapshotText(measured), result: measured.result }
}

function snapshotText({ queries, count }: Measured): string {
  const lines: { shape: string; count: number }[] = []
  for (const together of clustersOf(queries)) {
    const sorted = together.length === 1 ? together : [...together].sort(byShape)
    for (const query of sorted) {
      const last = lines.at(-1)
      if (last?.shape === query.fingerprint) last.count += query.count
      else lines.push({ shape: query.fingerprint, count: query.count })
    }
  }
  const total = count === 1 ? '1 query' : `${count} queries`
  return [`-- ${total}`, ...lines.map(({ shape, count }) => (count === 1 ? shape : `${count} × ${shape}`))].join('\n')
}

/** Parts a list in start order where nothing was under way. */
function clustersOf(queries: readonly Query[]): Query[][] {
  const clusters: Query[][] = []
  let endMs = Number.NEGATIVE_INFINITY
  for (const query of queries) {
    const last = clusters.at(-1)
    if (last !== undefined && query.startMs < endMs) last.push(query)
    else clusters.push([query])
    endMs = Math.max(endMs, query.startMs + query.durationMs)
  }
  return clusters
}

function byShape(a: Query, b: Query): number {
  return a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0
}
