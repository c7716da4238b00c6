/** True where a version is in a range as instrumentations write them: `>=8.0.3 <9`, `>=3 <4 || >=5`. */
export function isInRange(version: string, range: string): boolean {
  return range.split('||').some((part) =>
    part
      .trim()
      .split(/\s+/)
      .every((comparator) => holds(version, comparator)),
  )
}

function holds(version: string, comparator: string): boolean {
  const [, operator = '', limit = ''] = /^(>=|<=|>|<|=|\^)?(.*)$/.exec(comparator) ?? []
  const order = compareVersions(version, limit)
  if (operator === '>=') return order >= 0
  if (operator === '<=') return order <= 0
  if (operator === '>') return order > 0
  // a release candidate of what is out of range is out of range, too
  if (operator === '<') return order < 0
  if (operator === '^') return order >= 0 && numbersOf(version)[0] === numbersOf(limit)[0]
  return limit === '' || limit === '*' || order === 0
}

/** Negative where `a` is older. What follows a hyphen does not count. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbersOf(version: string): number[] {
  return (version.split(/[-+]/)[0] ?? '').split('.').map(Number)
}
