import { afterEach, describe, expect, test } from 'vitest'
import { unpatchAll, wrapMethod } from '../../src/instrument/patch.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Says its name around what it wraps. */
function saying(name: string): (original: Method) => Method {
  return (original) =>
    function wrapper(this: unknown, ...args: unknown[]): unknown {
      return `${name}(${Reflect.apply(original, this, args)})`
    }
}

function made() {
  return { query: (text: unknown): unknown => text }
}

/** Wraps as shimmer does, with its marks. */
function shim(target: { query: Method & { __unwrap?: () => void } }, name: string): void {
  const original = target.query
  const wrapped = Object.assign(saying(name)(original), {
    __wrapped: true,
    __original: original,
    __unwrap: () => {
      if (target.query === wrapped) target.query = original
    },
  })
  target.query = wrapped
}

afterEach(() => unpatchAll())

describe('a method is wrapped once', () => {
  test('by us', () => {
    const target = made()
    wrapMethod(target, 'query', saying('ours'))
    wrapMethod(target, 'query', saying('ours'))
    expect(target.query(1)).toBe('ours(1)')
  })

  test('also where somebody has wrapped our wrapper since', () => {
    const target = made()
    wrapMethod(target, 'query', saying('ours'))
    shim(target, 'theirs')
    wrapMethod(target, 'query', saying('ours'))
    expect(target.query(1)).toBe('theirs(ours(1))')
  })

  test('again after it was undone', () => {
    const target = made()
    wrapMethod(target, 'query', saying('ours'))()
    expect(target.query(1)).toBe(1)
    wrapMethod(target, 'query', saying('ours'))
    expect(target.query(1)).toBe('ours(1)')
  })
})

describe('above the wrapper of somebody else', () => {
  test('which meets its method twice, takes its own out first, and wraps anew', () => {
    const target: { query: Method & { __wrapped?: boolean; __unwrap?: () => void } } = made()
    shim(target, 'theirs')
    wrapMethod(target, 'query', saying('ours'))
    expect(target.query.__wrapped).toBe(true)
    target.query.__unwrap?.()
    shim(target, 'theirs')
    expect(target.query(1)).toBe('theirs(ours(1))')
    unpatchAll()
  })

  test('which is disabled', () => {
    const target: { query: Method & { __unwrap?: () => void } } = made()
    shim(target, 'theirs')
    wrapMethod(target, 'query', saying('ours'))
    target.query.__unwrap?.()
    expect(target.query(1)).toBe('ours(1)')
    unpatchAll()
    expect(target.query(1)).toBe(1)
  })
})
