/**
 * The valid name most like a mistyped one, by edit distance.
 *
 * @returns the name, or undefined where none is within a third of its length (a wild guess helps nobody).
 */
export function nearest(given: string, valid: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of valid) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase())
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best !== undefined && bestDistance <= Math.max(1, Math.ceil(best.length / 3)) ? best : undefined
}

/** What to say after a wrong name: the nearest valid one, or all of them. */
export function validNameHint(given: string, valid: readonly string[]): string {
  const near = nearest(given, valid)
  return near === undefined ? `Valid: ${valid.join(', ')}.` : `Did you mean \`${near}\`?`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      current.push(
        Math.min(
          (previous[column] as number) + 1,
          (current[column - 1] as number) + 1,
          (previous[column - 1] as number) + cost,
        ),
      )
    }
    previous = current
  }
  return previous[b.length] as number
}
