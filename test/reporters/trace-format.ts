/** An event of the Chrome trace format, as far as the reporter uses it. */
export interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly cat?: string
  readonly ts?: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly args?: Readonly<Record<string, unknown>>
}

/**
 * What viewers cannot draw: phases other than complete events and metadata, times that are no numbers from 0 up, slices of a
 * thread that overlap without one being inside of the other, processes and threads without a name.
 */
export function faultsInTrace(document: unknown): string[] {
  const { traceEvents, displayTimeUnit = 'ms' } = document as { traceEvents: TraceEvent[]; displayTimeUnit?: string }
  const units = ['ms', 'ns'].includes(displayTimeUnit) ? [] : [`displayTimeUnit is ${displayTimeUnit}`]
  return [...units, ...traceEvents.flatMap(faultsInEvent), ...missingNames(traceEvents), ...overlaps(traceEvents)]
}

function faultsInEvent(event: TraceEvent, index: number): string[] {
  const { name, ph, pid, tid } = event
  const numbers = ph === 'X' ? (['ts', 'dur'] as const) : []
  return [
    ...(['X', 'M'].includes(ph) ? [] : [`ph is ${ph}`]),
    ...(typeof name === 'string' && name !== '' ? [] : [`name is ${name}`]),
    ...([pid, tid].every(Number.isInteger) ? [] : [`pid and tid are ${pid}, ${tid}`]),
    ...numbers.filter((key) => !((event[key] ?? -1) >= 0)).map((key) => `${key} is ${event[key]}`),
  ].map((fault) => `event ${index}: ${fault}`)
}

function missingNames(events: readonly TraceEvent[]): string[] {
  const named = (kind: string, key: (event: TraceEvent) => string) =>
    new Set(
      events.filter(({ ph, name, args }) => ph === 'M' && name === kind && typeof args?.name === 'string').map(key),
    )
  const processes = named('process_name', ({ pid }) => `${pid}`)
  const threads = named('thread_name', ({ pid, tid }) => `${pid}/${tid}`)
  const drawn = events.filter(({ ph }) => ph !== 'M')
  const missing = [
    ...new Set(drawn.map(({ pid }) => `${pid}`).filter((key) => !processes.has(key))),
    ...new Set(drawn.map(({ pid, tid }) => `${pid}/${tid}`).filter((key) => !threads.has(key))),
  ]
  return missing.map((key) => `${key}: no name`)
}

function overlaps(events: readonly TraceEvent[]): string[] {
  const threads = new Map<string, TraceEvent[]>()
  for (const event of events.filter(({ ph }) => ph === 'X')) {
    const key = `${event.pid}/${event.tid}`
    threads.set(key, [...(threads.get(key) ?? []), event])
  }
  return [...threads].flatMap(([key, slices]) => {
    const open: number[] = []
    const sorted = slices.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0))
    return sorted.flatMap(({ name, ts = 0, dur = 0 }) => {
      while (open.length > 0 && (open.at(-1) ?? 0) <= ts) open.pop()
      const isInside = open.length === 0 || ts + dur <= (open.at(-1) ?? 0)
      open.push(ts + dur)
      return isInside ? [] : [`${key}: ${name} at ${ts} overlaps`]
    })
  })
}
