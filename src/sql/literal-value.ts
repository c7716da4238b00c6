import type { Dialect } from '../model/statement.ts'

/**
 * Value of a string literal, as written with its prefix and quotes.
 *
 * @returns the text without escapes; bytes for a hexadecimal string, except in PostgreSQL, where that is a bit string.
 */
export function stringValueOf(raw: string, dialect: Dialect): string | Uint8Array {
  if (raw.charCodeAt(0) === 36) return dollarQuoted(raw)
  const quoteAt = raw.search(/['"]/)
  if (quoteAt < 0) return raw
  const prefix = raw.slice(0, quoteAt).toLowerCase()
  if (dialect === 'oracle' && prefix.endsWith('q')) return raw.slice(quoteAt + 2, raw.endsWith("'") ? -2 : undefined)
  const quote = raw.charAt(quoteAt)
  const isClosed = raw.length > quoteAt + 1 && raw.endsWith(quote)
  const body = raw.slice(quoteAt + 1, isClosed ? -1 : undefined)
  if (prefix === 'x' && dialect !== 'postgresql') return bytesOf(body)
  if (prefix === 'u&') return body.replaceAll("''", "'").replace(/\\(\\|\+[0-9a-f]{6}|[0-9a-f]{4})/gi, unicodeEscape)
  const isEscaped = dialect === 'mysql' || (prefix === 'e' && dialect === 'postgresql')
  return isEscaped ? withoutBackslashes(body, quote, dialect) : body.replaceAll(quote + quote, quote)
}

function dollarQuoted(raw: string): string {
  const tagEnd = raw.indexOf('$', 1) + 1
  const tag = raw.slice(0, tagEnd)
  const isClosed = raw.length >= 2 * tagEnd && raw.endsWith(tag)
  return raw.slice(tagEnd, isClosed ? raw.length - tagEnd : undefined)
}

function unicodeEscape(_: string, code: string): string {
  if (code === '\\') return '\\'
  const point = Number.parseInt(code.replace('+', ''), 16)
  return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
}

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b' }

function withoutBackslashes(body: string, quote: string, dialect: Dialect): string {
  const pattern =
    dialect === 'mysql'
      ? /\\([\s\S])|''|""/g
      : /\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])|''/g
  return body.replace(pattern, (match: string, escaped: string | undefined) => {
    if (escaped === undefined) return match.charAt(0) === quote ? quote : match
    return dialect === 'mysql' ? mysqlEscape(escaped) : postgresEscape(escaped)
  })
}

function mysqlEscape(escaped: string): string {
  if (escaped === '0') return '\0'
  if (escaped === 'Z') return '\u001a'
  // Kept for LIKE, where they escape a wildcard.
  if (escaped === '%' || escaped === '_') return `\\${escaped}`
  return controls[escaped] ?? escaped
}

function postgresEscape(escaped: string): string {
  const first = escaped.charAt(0)
  if (escaped.length > 1 && (first === 'x' || first === 'u' || first === 'U'))
    return unicodeEscape('', escaped.slice(1))
  if (first >= '0' && first <= '7') return String.fromCharCode(Number.parseInt(escaped, 8))
  return first === 'f' ? '\f' : (controls[escaped] ?? escaped)
}

/**
 * Value of a number as written, with its sign.
 *
 * @returns a bigint where a whole number is too large for a number to hold; bytes for `0x…` where it is a binary string.
 */
export function numberValueOf(raw: string, dialect: Dialect): number | bigint | Uint8Array {
  const isNegative = raw.charCodeAt(0) === 45
  const digits = raw
    .replace(/[\s_$+]+/g, (run, at: number) => (run === '+' && at > 0 ? run : ''))
    .replace(/^-(?:\s*)/, '')
  if (/^0x/i.test(digits) && (dialect === 'mysql' || dialect === 'mssql')) return bytesOf(digits.slice(2))
  const value = Number(digits)
  // NaN is what a lexer lets through that is no number, such as 0b2
  const isExact = Number.isNaN(value) || Number.isSafeInteger(value) || !/^(?:\d+|0[xob][0-9a-f]+)$/i.test(digits)
  if (isExact) return isNegative ? -value : value
  return isNegative ? -BigInt(digits) : BigInt(digits)
}

function bytesOf(hex: string): Uint8Array {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  const bytes = new Uint8Array(even.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(even.slice(index * 2, index * 2 + 2), 16)
  }
  return bytes
}
