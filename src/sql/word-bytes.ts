import type { Dialect } from '../model/statement.ts'

/** Lower case of a byte that may continue a word, 0 for the others. By dialect, as `$`, `#`, `@` differ. */
export const wordBytes: Readonly<Record<Dialect, Uint8Array>> = {
  postgresql: tableWith('$'),
  mysql: tableWith('$'),
  sqlite: tableWith('$'),
  mssql: tableWith('$#@'),
  oracle: tableWith('$#'),
}

function tableWith(extra: string): Uint8Array {
  const table = new Uint8Array(256)
  for (let byte = 128; byte < 256; byte++) table[byte] = byte
  for (const char of `abcdefghijklmnopqrstuvwxyz0123456789_${extra}`) {
    table[char.charCodeAt(0)] = char.charCodeAt(0)
    table[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0)
  }
  return table
}

/** By dialect, the lower case of a byte that a name without quotes may have and still mean the same; 0 for the others. */
export const plainNameBytes: Readonly<Record<Dialect, Uint8Array>> = {
  postgresql: plainTable(true, false),
  mysql: plainTable(true, true),
  sqlite: plainTable(true, true),
  mssql: plainTable(true, true),
  oracle: plainTable(false, true),
}

function plainTable(isLowerAllowed: boolean, isUpperAllowed: boolean): Uint8Array {
  const table = new Uint8Array(256)
  for (let code = 97; code <= 122; code++) {
    if (isLowerAllowed) table[code] = code
    if (isUpperAllowed) table[code - 32] = code
  }
  for (let code = 48; code <= 57; code++) table[code] = code
  table[95] = 95
  return table
}

/** Where the run of bytes of a word ends that begins at `from`: at `from` itself where none is there. */
export function endOfWord(codes: Uint8Array, words: Uint8Array, from: number): number {
  let at = from
  while ((words[codes[at] as number] as number) !== 0) at++
  return at
}
