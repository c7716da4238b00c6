import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValueTable } from '../src/value-table.ts'

fc.configureGlobal({ seed: Number(process.env.NONPLUS_TEST_SEED ?? 20) })

const uuid = 'a1b2c3d4-0000-4000-8000-00000000000a'

describe('values that mean the same are one token', () => {
  const equal: [name: string, a: unknown, b: unknown][] = [
    ['number and text', 5, '5'],
    ['number and bigint', 5, 5n],
    ['bigint beyond 2^53 and text', 9007199254740993n, '9007199254740993'],
    ['decimal and text', 1.5, '1.50'],
    ['date and ISO text', new Date('2026-01-02T03:04:05.678Z'), '2026-01-02T03:04:05.678Z'],
    ['date and PostgreSQL text', new Date('2026-01-02T03:04:05Z'), '2026-01-02 03:04:05+00:00'],
    ['uuid in either case', uuid, uuid.toUpperCase()],
    ['uuid as text and as bytes', uuid, Buffer.from(uuid.replaceAll('-', ''), 'hex')],
    ['bytes', Buffer.from('abc'), new Uint8Array([97, 98, 99])],
    ['null and undefined', null, undefined],
    ['lists', [1, 2], ['1', 2n]],
  ]
  test.each(equal)('%s', (_name, a, b) => {
    const table = new ValueTable()
    expect(table.cellOf(a)).toEqual(table.cellOf(b))
  })
})

describe('values that do not are not', () => {
  const unlike: [name: string, a: unknown, b: unknown][] = [
    ['a number and a text with a leading zero', 7, '007'],
    ['true and its text', true, 'true'],
    ['zero and false', 0, false],
    ['empty text and null', '', null],
    ['long texts that begin alike', 'x'.repeat(300), 'x'.repeat(301)],
    ['minus', 5, -5],
  ]
  test.each(unlike)('%s', (_name, a, b) => {
    const table = new ValueTable()
    expect(table.cellOf(a)).not.toEqual(table.cellOf(b))
  })

  test('of any two texts, equal tokens mean equal texts, or equal numbers, times or uuids', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (a, b) => {
        const table = new ValueTable()
        const isSame = table.cellOf(a) === table.cellOf(b)
        return isSame === (a === b) || Number(a) === Number(b)
      }),
    )
  })
})

describe('documents and arrays', () => {
  test('give the tokens of what they contain', () => {
    const table = new ValueTable()
    const cell = table.cellOf({ id: 5, tags: ['a', null], nested: { id: 6n } })
    expect(cell).toEqual([table.cellOf(5), table.cellOf('a'), 0, table.cellOf(6)])
  })

  test('end where they are too many or too deep', () => {
    const table = new ValueTable()
    expect(table.cellOf(Array.from({ length: 5000 }, (_, index) => index))).toHaveLength(1000)
    const loop: { self?: unknown } = {}
    loop.self = loop
    expect(table.cellOf(loop)).toEqual([])
  })
})

test('keeps of a value its type and size only', () => {
  const table = new ValueTable()
  for (const value of [12345, 'secret', uuid, true, new Date(0), Buffer.from('xyz')]) table.cellOf(value)
  expect(table.infos).toEqual([
    { type: 'null', size: 0 },
    { type: 'integer', size: 5 },
    { type: 'text', size: 6 },
    { type: 'uuid', size: 16 },
    { type: 'boolean', size: 1 },
    { type: 'date', size: 8 },
    { type: 'binary', size: 3 },
  ])
})
