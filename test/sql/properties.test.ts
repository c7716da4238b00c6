import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/model/statement.ts'
import { batchedRewriteOf } from '../../src/sql/batch-rewrite.ts'
import { fingerprintOf } from '../../src/sql/fingerprint.ts'
import { redactLiterals } from '../../src/sql/redact.ts'
import { statementOf } from '../../src/sql/statement.ts'
import { Tokenizer } from '../../src/sql/tokenizer.ts'
import { valuesOf } from '../../src/sql/values.ts'
import { casesOf, dialects } from './cases.ts'

// the same texts in every run, so that a red run can be repeated; explore with NONPLUS_TEST_SEED=$RANDOM
fc.configureGlobal({ seed: Number(process.env.NONPLUS_TEST_SEED ?? 20) })

const dialect = fc.constantFrom(...dialects)
const fragments = fc.constantFrom(
  ...`select insert into values in any array from where and or not is null true with as on set update delete limit union
  between cast case when end savepoint declare cursor fetch close copy create table trigger explain merge using distinct
  timestamp ( ( ) ) , , ; [ ] . .. :: ? ?| $1 :n @p1 %s %(a)s % - + * / = < <@ || ! ~ ^ \\ { } # 5 1. .5 1e 0x 'x' ' "x" " \` [z]
  $$ $a$ E'\\' N'x q'[ ]' U&" /* */ /*! -- a b.c é 名 \ud800 \u0000 \u0007`.split(/\s+/),
  '--\n',
  '\n',
)
const soup = fc
  .array(fc.tuple(fragments, fc.constantFrom('', ' ')), { maxLength: 30 })
  .map((parts) => parts.map((part) => part.join('')).join(''))
const anyText = fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }))

describe('on any text', () => {
  test('nothing throws, and values match slots one by one', () => {
    fc.assert(
      fc.property(anyText, dialect, (text, in_) => {
        const statement = statementOf(text, in_)
        expect(statement.fingerprint).toBe(fingerprintOf(text, in_))
        expect(valuesOf(text, in_, [1, 2, 3])).toHaveLength(statement.slots.length)
        for (const slot of statement.slots.keys()) batchedRewriteOf(text, in_, slot)
        redactLiterals(text, in_)
      }),
      { numRuns: 3000 },
    )
  })

  test('tokens are in order and inside the text', () => {
    fc.assert(
      fc.property(anyText, dialect, (text, in_) => {
        const tokens = new Tokenizer(text, in_)
        let end = 0
        while (tokens.next()) {
          expect(tokens.start).toBeGreaterThanOrEqual(end)
          expect(tokens.end).toBeGreaterThan(tokens.start)
          end = tokens.end
        }
        expect(end).toBeLessThanOrEqual(tokens.length)
        expect(tokens.textOf(0, tokens.length)).toBe(Buffer.from(text).toString())
        expect(tokens.next()).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('a fingerprint has no more spaces than a person would write', () => {
    fc.assert(
      fc.property(soup, dialect, (text, in_) => {
        // names in quotes keep what they contain
        fc.pre(!/["`[\]]/.test(text))
        expect(fingerprintOf(text, in_)).not.toMatch(/[\n\t]/)
      }),
      { numRuns: 1000 },
    )
  })
})

/** A statement as a list of tokens, and the texts that spell it. */
const name = fc.constantFrom('users', 'posts', 'author_id', 'created_at', 'p', 'n1')
const literal = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.string({ unit: 'grapheme' }).map((text) => `'${text.replaceAll("'", "''").replaceAll('\\', '')}'`),
  fc.constantFrom('null', 'TRUE', 'false', '?', "N'x'", '.5', '1e9', '-3'),
)
const blank = fc.constantFrom(' ', '\n', '\t ', '/* c */', ' /* it\'s "x" */ ', '-- c\n')
const condition = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', '<>', '<', '>='), fc.constant('?')).map((parts) => [...parts]),
  fc
    .tuple(name, fc.constantFrom('in', 'not in'))
    .map(([column, operator]) => [column, ...operator.split(' '), '(', '?', ')']),
  fc.tuple(name).map(([column]) => [column, 'between', '?', 'and', '?']),
  fc.tuple(name).map(([column]) => [column, 'is', 'not', 'null']),
)
const select = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), name, fc.array(condition, { minLength: 1, maxLength: 4 }))
  .map(([columns, table, conditions]) => [
    'select',
    ...columns.flatMap((column, index) => (index === 0 ? [column] : [',', column])),
    'from',
    table,
    'where',
    ...conditions.flatMap((tokens, index) => (index === 0 ? tokens : ['and', ...tokens])),
  ])
const insert = fc
  .tuple(name, fc.integer({ min: 1, max: 4 }))
  .map(([table, count]) => [
    'insert',
    'into',
    table,
    'values',
    '(',
    ...Array.from({ length: 2 * count - 1 }, (_, at) => (at % 2 ? ',' : '?')),
    ')',
  ])
const shape = fc.oneof(select, insert)

/** Spells the tokens with literals, lists, blanks, comments and case drawn from `g`. */
function spell(tokens: readonly string[], g: fc.GeneratorValue): string {
  let text = ''
  for (const [index, token] of tokens.entries()) {
    const isList = token === '?' && tokens[index - 1] === '(' && tokens[index - 2] === 'in'
    const values = isList
      ? g(fc.array, literal, { minLength: 1, maxLength: 4 })
      : [token === '?' ? g(() => literal) : token]
    const written = values.join(g(() => fc.constantFrom(',', ', ', ' ,\n')))
    text += g(fc.boolean) && token !== '?' ? written.toUpperCase() : written
    text += g(() => blank)
  }
  return text + g(() => fc.constantFrom('', ';', ' ;\n', '-- end'))
}

describe('on statements', () => {
  test('literals, list lengths, blanks, comments and case of keywords do not matter', () => {
    fc.assert(
      fc.property(shape, fc.gen(), dialect, (tokens, g, in_) => {
        expect(fingerprintOf(spell(tokens, g), in_)).toBe(fingerprintOf(tokens.join(' '), in_))
      }),
      { numRuns: 1500 },
    )
  })

  test('another name, operator or keyword is another shape', () => {
    fc.assert(
      fc.property(shape, fc.nat(), dialect, (tokens, seed, in_) => {
        const places = [...tokens.keys()].filter((index) => /^[a-z_\d]+$|^[=<>]+$/.test(tokens[index] as string))
        const place = places[seed % places.length] as number
        const changed = tokens.with(place, /[a-z]/.test(tokens[place] as string) ? 'other' : '<=')
        expect(fingerprintOf(changed.join(' '), in_)).not.toBe(fingerprintOf(tokens.join(' '), in_))
      }),
      { numRuns: 1000 },
    )
  })

  test('rows of VALUES fold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, literal), { minLength: 1, maxLength: 8 }), dialect, (rows, in_) => {
        const text = `insert into t (a, b) values ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`
        expect(fingerprintOf(text, in_)).toBe('insert into t (a, b) values (?, ?)')
        expect(valuesOf(text, in_, []).map((value) => (rows.length > 1 ? (value as unknown[]).length : 1))).toEqual([
          rows.length,
          rows.length,
        ])
      }),
    )
  })

  test('integers and strings come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
        fc.string({ unit: 'binary' }),
        dialect,
        (number, text, in_) => {
          const escaped = text.replaceAll("'", "''").replaceAll('\\', in_ === 'mysql' ? '\\\\' : '\\')
          const [first, second] = valuesOf(`select ${number}, '${escaped}'`, in_, [])
          expect(BigInt(first as number | bigint)).toBe(number)
          expect(second).toBe(text)
        },
      ),
    )
  })

  test('a redacted statement has the shape of the statement', () => {
    for (const { dialect: in_, cells } of casesOf('fingerprint.cases.txt')) {
      const [sql = '', fingerprint = ''] = cells
      // What redaction turns into a placeholder may be read as an operator by PostgreSQL; a sign stays.
      if (/-|\+|interval|date|unterminated|_binary|'d'|data ?\?/.test(sql)) continue
      expect(fingerprintOf(redactLiterals(sql, in_), in_)).toBe(fingerprint)
    }
  })
})

describe('time', () => {
  const hostile = [
    "'",
    '"',
    '`',
    '(',
    ')',
    '(1),',
    '$',
    '$a',
    '$a$ $b$',
    '/*',
    '/*!',
    '/*/',
    '--',
    '#',
    'in (',
    'in (1,',
    'in (a, ',
    'in (f(1), ',
    'array[',
    'array[1,',
    'array[a,1,',
    'values (',
    'values (1),(',
    'values (1),(2),',
    '%(',
    '%(a',
    '@a ',
    '@a    ',
    "q'[",
    "U&'",
    'U&"',
    '1::',
    '::int',
    '::timestamp with time zone',
    '- ',
    '-',
    '?',
    '? ',
    '.',
    'a.',
    ':a',
    '1.',
    '1e',
    'a',
    'é',
    '名',
    '\ud800',
    ';',
    'select 1;',
    '[',
    ']',
    '\\',
    "e'\\",
    '(select ',
    'from t, ',
    'case when ',
    'a = 1 and ',
    'between 1 and ',
    'with a as (',
    '(a = 1 or ',
    '\u0000',
    '\n',
    'not ',
    'null ',
    ',',
    '= any(',
  ]
  // Four times the text takes a linear reader four times as long, a quadratic one sixteen times. Processor time, as other
  // processes do not count there; compilation and garbage collection do, so the quickest of several readings counts. What
  // takes less than the floor says nothing.
  const shortLength = 3000
  const longLength = 4 * shortLength
  const worstRatio = 11
  const floorMs = 4
  const tries = 15

  /** Lists in lists whose members are of equal length, which the folding has to compare. */
  function balanced(size: number, salt: string): string {
    if (size < 12) return salt.repeat(Math.max(1, size))
    const half = size >> 1
    return `x in (${balanced(half, `${salt[0]}`)}, ${balanced(half, salt === 'a' ? 'b' : 'a')})`
  }

  /** Reads a text in every way; `salt` keeps it from being known already. */
  function cpuMsOf(part: string, length: number, in_: Dialect, salt: string): number {
    const body = part === 'balanced' ? balanced(length, 'a') : part.repeat(length / part.length)
    const text = `select ${salt}, ${body}`
    const before = process.cpuUsage()
    statementOf(text, in_)
    valuesOf(text, in_, [])
    redactLiterals(text, in_)
    batchedRewriteOf(`select * from t where a = 1 and ${body}`, in_, 0)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }

  function isQuadratic(part: string, in_: Dialect): boolean {
    let shortMs = Number.POSITIVE_INFINITY
    let longMs = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < tries; attempt++) {
      for (const salt of ['a', 'b']) {
        shortMs = Math.min(shortMs, cpuMsOf(part, shortLength, in_, `${salt}${attempt}_short`))
      }
      longMs = Math.min(longMs, cpuMsOf(part, longLength, in_, `a${attempt}_long`))
      if (longMs < Math.max(floorMs, worstRatio * shortMs)) return false
    }
    return true
  }

  for (const in_ of dialects) {
    test(`${in_}: hostile texts are read in linear time`, () => {
      const quadratic = [...hostile, 'balanced'].filter((part) => isQuadratic(part, in_))
      expect(quadratic).toEqual([])
    })
  }
})
