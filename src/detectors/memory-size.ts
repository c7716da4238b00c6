/** Sizes people write: powers of two, and those between. */
export function memorySize(kb: number): string {
  let size = 64
  // 64, 96, 128, 192, 256, 384, … kB
  while (size < kb) size = isPowerOfTwo(size) ? size * 1.5 : (size / 1.5) * 2
  return size >= 1024 && size % 1024 === 0 ? `${size / 1024}MB` : `${size}kB`
}

function isPowerOfTwo(number: number): boolean {
  return Number.isInteger(Math.log2(number))
}

/** A setting of PostgreSQL in kilobytes, as SETTINGS prints it: `4MB`, `64kB`, `4096`. */
export function kilobytesOf(setting: string): number | undefined {
  const [, number, unit = 'kB'] = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)?$/.exec(setting) ?? []
  const factors: Readonly<Record<string, number>> = { kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 }
  return number === undefined ? undefined : Number(number) * (factors[unit] ?? 1)
}
