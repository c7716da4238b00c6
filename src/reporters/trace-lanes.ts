/** Something that takes time; times are since the start of the trace. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Lays spans out on lanes, none beside another that overlaps it: each on the first lane that is free by then.
 *
 * @returns the lane of each span, from 0, by its position.
 */
export function layOut(spans: readonly Span[]): number[] {
  const lanes: number[] = []
  const busyUntil: number[] = []
  const order = spans.map((_, index) => index).sort((a, b) => startOf(spans[a]) - startOf(spans[b]) || a - b)
  for (const index of order) {
    const { startMs, endMs } = spans[index] as Span
    const free = busyUntil.findIndex((until) => until <= startMs)
    const lane = free === -1 ? busyUntil.length : free
    busyUntil[lane] = endMs
    lanes[index] = lane
  }
  return lanes
}

function startOf(span: Span | undefined): number {
  return span?.startMs ?? 0
}

/**
 * Of spans in start order, those that can be drawn inside of one span: each that begins after the one before has ended.
 *
 * @returns the position of each that cannot.
 */
export function overlapping(spans: readonly Span[]): Set<number> {
  const found = new Set<number>()
  let until = Number.NEGATIVE_INFINITY
  for (const [index, { startMs, endMs }] of spans.entries()) {
    if (startMs < until) found.add(index)
    else until = endMs
  }
  return found
}
