const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Whole number with its thousands apart: `1,234`. */
export function formatCount(count: number): string {
  return grouped.format(count)
}

/** Duration with as many digits as one can use: `0.04 ms`, `12.4 ms`, `412 ms`, `1.2 s`, `3 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0.1) return `${trimZeros(durationMs.toFixed(2))} ms`
  if (durationMs < 99.95) return `${trimZeros(durationMs.toFixed(1))} ms`
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`
  if (durationMs < 59_950) return `${trimZeros((durationMs / 1000).toFixed(1))} s`
  const seconds = Math.round(durationMs / 1000)
  return `${formatCount(Math.floor(seconds / 60))} min ${seconds % 60} s`
}

/** Count with its noun: `1 row`, `1,234 rows`. */
export function formatRows(rows: number): string {
  return `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`
}

/** Lowest and highest of several counts: `3–51`, or `51` where they are equal. */
export function formatRange(counts: readonly number[]): string {
  const lowest = counts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const highest = counts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return lowest === highest ? formatCount(lowest) : `${formatCount(lowest)}–${formatCount(highest)}`
}

function trimZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}

/** Cost as planners print it, without digits that say nothing: `0.4`, `61.2`, `12,154`, `42M`. */
export function formatCost(cost: number): string {
  if (cost >= 10_000_000) return `${formatCount(cost / 1_000_000)}M`
  return cost < 100 ? trimZeros(cost.toFixed(1)) : formatCount(cost)
}

/** Size of something on disk: `48 kB`, `4.2 MB`, `1.3 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024 * 1024) return `${formatCount(Math.ceil(bytes / 1024))} kB`
  const megabytes = bytes / 1024 / 1024
  return megabytes < 1024 ? `${trimZeros(megabytes.toFixed(1))} MB` : `${trimZeros((megabytes / 1024).toFixed(1))} GB`
}
