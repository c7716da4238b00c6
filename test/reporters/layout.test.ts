import { describe, expect, test } from 'vitest'
import { displayWidth, paint, printable, truncate, truncateMiddle, wrap } from '../../src/reporters/layout.ts'
import { formatCount, formatDuration, formatRange, formatRows } from '../../src/reporters/quantity.ts'

describe('layout', () => {
  test.each([
    ['select 1', 8],
    ['日本', 4],
    ['é', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['× · → ↳ …', 9],
    ['ＡＢ', 4],
    ['a\u200bb', 2],
  ])('%s takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns)
  })

  test('wraps between words, and inside a word longer than a line', () => {
    expect(wrap('select title from posts', 10)).toEqual(['select', 'title from', 'posts'])
    expect(wrap('x abcdefghijklmnop y', 8)).toEqual(['x', 'abcdefgh', 'ijklmnop', 'y'])
    expect(wrap('日本日本日本', 8)).toEqual(['日本日本', '日本'])
    expect(wrap('', 8)).toEqual([])
  })

  test('truncates with an ellipsis that counts', () => {
    expect(truncate('posts', 5)).toBe('posts')
    expect(truncate('comments', 5)).toBe('comm…')
    expect(truncate('日本日本', 6)).toBe('日本…')
    expect(truncate('cafe\u0301s', 5)).toBe('cafe\u0301s')
    expect(truncate('cafe\u0301s', 4)).toBe('caf…')
    expect(truncate('posts', 0)).toBe('')
  })

  test('a name that is too long loses its middle', () => {
    expect(truncateMiddle('GET /posts', 10)).toBe('GET /posts')
    expect(truncateMiddle('GET /posts/archive/24', 12)).toBe('GET /…ive/24')
    expect(truncateMiddle('日本日本日本', 9)).toBe('日本…日本')
    expect(truncateMiddle('日本日本日本', 8)).toBe('日…日本')
  })

  test('text on its way to a terminal keeps no control, no line break, no change of direction', () => {
    expect(
      printable('a\u001b[31mb\u001b]8;;http://x\u0007c\u001b]8;;\u0007\r\nd\te\u0000f\u009b2Jg\u202eh\u2028i\u0008'),
    ).toBe('abc d efgh i')
  })

  test('colours by its argument alone', () => {
    expect(paint('a', ['red'], false)).toBe('a')
    expect(paint('a', ['bold', 'red'], true)).toBe('\u001b[1m\u001b[31ma\u001b[39m\u001b[22m')
    expect(paint('', ['red'], true)).toBe('')
  })
})

describe('quantities', () => {
  test.each([
    [0, '0 ms'],
    [0.042, '0.04 ms'],
    [0.84, '0.8 ms'],
    [12.44, '12.4 ms'],
    [41, '41 ms'],
    [99.96, '100 ms'],
    [412.3, '412 ms'],
    [999.6, '1 s'],
    [1234, '1.2 s'],
    [59_960, '1 min 0 s'],
    [185_000, '3 min 5 s'],
  ])('%d ms reads %s', (durationMs, expected) => {
    expect(formatDuration(durationMs)).toBe(expected)
  })

  test('counts have their thousands apart', () => {
    expect([formatCount(999), formatCount(1234567), formatRows(1), formatRows(1234)]).toEqual([
      '999',
      '1,234,567',
      '1 row',
      '1,234 rows',
    ])
  })

  test('a range of one is a number', () => {
    expect([formatRange([51, 3, 1200]), formatRange([51, 51])]).toEqual(['3–1,200', '51'])
  })
})
