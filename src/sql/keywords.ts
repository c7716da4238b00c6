/**
 * Words the readers of this ring must know, as small integers. Everything else is a name; a word not listed here is no
 * error, it only gets the treatment of a name.
 */

/** Quoting such a name changes its meaning, so it stays quoted. */
export const RESERVED = 1
/** An operand follows it: a sign after it is a sign, and `?` a placeholder. */
export const BEFORE_VALUE = 2
/** Written with a space before an opening parenthesis, unlike a function. */
export const SPACED = 4
/** Parentheses around one value after it change nothing. */
export const GROUPING = 8
/** Like {@link RESERVED}, but not in PostgreSQL. */
export const RESERVED_ELSEWHERE = 32
/** Belongs to the grammar of transaction control and cursors, where other words are names. */
export const CURSOR = 16

const groups: readonly (readonly [flags: number, words: string])[] = [
  [
    RESERVED | BEFORE_VALUE | SPACED | GROUPING,
    'select where and or not when then else on having limit offset like between',
  ],
  [RESERVED | BEFORE_VALUE | SPACED, 'in values distinct set returning case using by is'],
  [RESERVED | BEFORE_VALUE | SPACED | CURSOR, 'from to fetch'],
  [RESERVED | BEFORE_VALUE, 'any some'],
  [RESERVED | BEFORE_VALUE | CURSOR, 'all for'],
  [RESERVED | SPACED, 'as join inner left right full cross natural outer lateral group order union intersect except'],
  [RESERVED | SPACED | CURSOR, 'with'],
  [RESERVED | BEFORE_VALUE | SPACED | CURSOR, 'into'],
  [RESERVED, 'null true false default array cast end desc asc create table check constraint unique primary foreign'],
  [
    RESERVED,
    'references user current_user session_user current_date current_time current_timestamp localtime localtimestamp',
  ],
  [RESERVED, 'collate grant only window column analyze both leading trailing'],
  [RESERVED_ELSEWHERE, 'update delete alter drop index add key'],
  [RESERVED_ELSEWHERE | SPACED, 'insert'],
  [BEFORE_VALUE | SPACED, 'ilike rlike regexp glob similar escape div mod xor top interval symmetric elseif sounds'],
  [BEFORE_VALUE, 'zone call exec execute return if minus'],
  [BEFORE_VALUE | CURSOR, 'first next'],
  [SPACED, 'explain exists over filter recursive materialized partition within conflict duplicate matched do'],
  [CURSOR, 'savepoint release rollback transaction tran work prior last absolute relative forward backward close move'],
  [CURSOR, 'deallocate prepare prepared chain no save declare cursor hold binary scroll insensitive commit abort'],
  [0, 'row ignore replace merge begin start copy truncate describe show reset discard listen unlisten notify use'],
  [
    0,
    'pragma vacuum comment revoke rename refresh reindex cluster lock unlock load share view trigger procedure function',
  ],
  [
    0,
    'skip locked nowait rows percent straight_join nothing output attach detach upsert concurrently checkpoint optimize',
  ],
  [0, 'convert try_cast date time timestamp timestamptz nextval setval temporary temp unlogged global local'],
  [0, 'varying precision without year month day hour minute second double character char nchar bit national'],
  [0, 'isnull notnull low_priority high_priority delayed quick dual set_config tablesample apply pivot unpivot value'],
]

/** Longest word in the list; longer words are not looked up. */
const LONGEST_KEYWORD = 17

const SIZE = 2048
const ids: Uint16Array = new Uint16Array(SIZE)
const words: string[] = ['']
/** Characters of the keywords, {@link WIDTH} for each: quicker to compare with than strings. */
const WIDTH = 32
const chars: Uint8Array = new Uint8Array(512 * WIDTH)
const lengths: Uint8Array = new Uint8Array(512)
/** By first letter, a bit for each length that a keyword has: most names need no look-up. */
const lengthsByFirst: Int32Array = new Int32Array(256)
const flags: number[] = [0]
const byWord: Map<string, number> = new Map()

/** Of the first, second and last character and the length: enough to spread the list, and cheaper than all characters. */
function slotOf(first: number, second: number, last: number, length: number): number {
  return (first * 37 + second * 101 + last * 7 + length * 257) & (SIZE - 1)
}

for (const [flag, list] of groups) {
  for (const word of list.split(' ')) {
    if (byWord.has(word)) throw new Error(`keyword listed twice: ${word}`)
    const id = words.push(word) - 1
    byWord.set(word, id)
    flags.push(flag)
    lengths[id] = word.length
    for (let index = 0; index < word.length; index++) chars[id * WIDTH + index] = word.charCodeAt(index)
    const first = word.charCodeAt(0)
    lengthsByFirst[first] = (lengthsByFirst[first] as number) | (1 << word.length)
    let slot = slotOf(first, word.charCodeAt(1), word.charCodeAt(word.length - 1), word.length)
    while (ids[slot] !== 0) slot = (slot + 1) & (SIZE - 1)
    ids[slot] = id
  }
}

/** Flags of a keyword, by its number; 0 is "no keyword". */
export const keywordFlags: Uint8Array = Uint8Array.from(flags)

/** Number of a keyword, for comparison with {@link findKeyword}. */
export function keyword(word: string): number {
  const id = byWord.get(word)
  if (id === undefined) throw new Error(`not a keyword: ${word}`)
  return id
}

/** The keyword with this number, in lower case. */
export function keywordText(id: number): string {
  return words[id] ?? ''
}

/** Number of the keyword that stands in `codes` from `start` to `end` in lower case, or 0. */
export function findKeyword(codes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const first = codes[start] as number
  if (length > LONGEST_KEYWORD || ((lengthsByFirst[first] as number) & (1 << length)) === 0) return 0
  let slot = slotOf(first, codes[start + 1] as number, codes[end - 1] as number, length)
  for (; ; slot = (slot + 1) & (SIZE - 1)) {
    const id = ids[slot] as number
    if (id === 0) return 0
    if (lengths[id] !== length) continue
    const from = id * WIDTH
    let index = 0
    while (index < length && codes[start + index] === chars[from + index]) index++
    if (index === length) return id
  }
}
