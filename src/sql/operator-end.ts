import { classOf, WORD } from './byte-class.ts'

/** Two-character operators of all dialects but PostgreSQL, as `first << 8 | second`. */
const pairs: ReadonlySet<number> = new Set(
  '<= <> << >= >> != !< !> == => || && -> := ^= ~= += -= *= /= %= %% |= &= **'
    .split(' ')
    .map((pair) => (pair.charCodeAt(0) << 8) | pair.charCodeAt(1)),
)

/** What PostgreSQL lets a user build operators from; only the ASCII ones that it knows. */
const postgresOperator: Uint8Array = setOf('+-*/<>=~!@#%^&|`?')
/** An operator of several characters may end in + or - only if it has one of these. */
const postgresUnusual: Uint8Array = setOf('~!@#%^&|`?')

function setOf(chars: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const char of chars) set[char.charCodeAt(0)] = 1
  return set
}

/** Where an operator ends, which has one to three characters from a fixed list. */
export function endOfOperator(codes: Uint8Array, at: number): number {
  const first = codes[at] as number
  const second = codes[at + 1] as number
  if (!pairs.has((first << 8) | second)) return at + 1
  const third = codes[at + 2]
  const isLonger = (first === 60 && second === 61 && third === 62) || (first === 45 && second === 62 && third === 62)
  return isLonger ? at + 3 : at + 2
}

/**
 * As PostgreSQL does it: the longest run of operator characters, which ends before a comment, and not in + or - unless
 * the run has an unusual character. And it ends before a placeholder written without a space: `a=?`, `a=%s`, `a=@p0`.
 */
export function endOfPostgresOperator(codes: Uint8Array, start: number): number {
  let isUnusual = (postgresUnusual[codes[start] as number] as number) !== 0
  let at = start + 1
  for (; ; at++) {
    const code = codes[at] as number
    if (postgresOperator[code] === 0) break
    const next = codes[at + 1] as number
    if ((code === 45 && next === 45) || (code === 47 && next === 42)) break
    const previous = codes[at - 1] as number
    if (code === 63 && previous !== 64 && previous !== 63) break
    if (code === 37 && (next === 115 || next === 40)) break
    if (code === 64 && previous !== 60 && classOf[next] === WORD) break
    if (postgresUnusual[code] !== 0) isUnusual = true
  }
  while (!isUnusual && at > start + 1 && (codes[at - 1] === 43 || codes[at - 1] === 45)) at--
  return at
}
