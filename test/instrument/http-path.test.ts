import { describe, expect, test } from 'vitest'
import { maskPath, PathVocabulary, pathOf } from '../../src/instrument/http-path.ts'

describe('the path of a request target', () => {
  test.each([
    ['/users/42?page=2', '/users/42'],
    ['/users#top', '/users'],
    ['/', '/'],
    ['', '/'],
    ['?page=2', '/'],
    ['*', '*'],
    ['//evil/users', '//evil/users'],
    ['http://localhost:3000/users?x', '/users'],
    ['http://localhost', '/'],
  ])('%s → %s', (target, path) => {
    expect(pathOf(target)).toBe(path)
  })
})

describe('what varies is masked', () => {
  test.each([
    ['/users/42', '/users/:id'],
    ['/users/42/posts/7f9c24e5-0b1d-4a35-9c1e-2f6d8a1b3c4d', '/users/:id/posts/:id'],
    ['/users/42/', '/users/:id/'],
    ['/carts/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/carts/:id'],
    ['/docs/507f1f77bcf86cd799439011/edit', '/docs/:id/edit'],
    ['/commits/c2fb8db1', '/commits/:id'],
    ['/links/V1StGXR8_Z5jdHi6B-myT', '/links/:id'],
    ['/videos/dQw4w9WgXcQ', '/videos/:id'],
    ['/customers/cus_NffrFeUfNV2Hib', '/customers/:id'],
    ['/share/abcdefghijklmnopqrstuvwxyz', '/share/:id'],
    ['/calendar/2026-11-20', '/calendar/:id'],
    ['/map/52.5,-13.4', '/map/:id'],
    ['/invoices/INV-0042.pdf', '/invoices/:id.pdf'],
    ['/blog/42-how-to-bake-bread', '/blog/:id'],
    ['/users/bob%40example.com', '/users/:id'],
    ['/@bob', '/:id'],
    ['/blog/how-to-bake-bread-without-any-flour-in-the-house', '/blog/:id'],
  ])('%s → %s', (path, masked) => {
    expect(maskPath(path)).toBe(masked)
  })
})

test.each([
  '/',
  '*',
  '/users',
  '/api/v2/users',
  '/oauth2/callback',
  '/auth/forgot-password',
  '/en-US/about',
  '/sitemap.xml',
  '/well-known/apple-app-site-association',
  '/s3/buckets',
  '/administration/organizationSettings',
])('a path of a route stays: %s', (path) => {
  expect(maskPath(path)).toBe(path)
})

describe('names stay few', () => {
  test('past fifty siblings, a segment that was not seen before is masked', () => {
    const vocabulary = new PathVocabulary()
    const names = Array.from({ length: 200 }, (_, index) => vocabulary.limit(`/blog/${'x'.repeat(index + 1)}/comments`))
    expect(new Set(names).size).toBe(51)
    expect(names[49]).toBe(`/blog/${'x'.repeat(50)}/comments`)
    expect(names[50]).toBe('/blog/:id/comments')
    expect(vocabulary.limit('/blog/x/comments')).toBe('/blog/x/comments')
    expect(vocabulary.limit('/about')).toBe('/about')
  })

  test('random paths of any depth end in the same few names', () => {
    const vocabulary = new PathVocabulary()
    const letters = (seed: number): string => [...String(seed)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
    const names = new Set<string>()
    for (let seed = 0; seed < 20_000; seed++) {
      names.add(vocabulary.limit(`/${letters(seed % 60)}/${letters(seed % 3_001)}/${letters(seed)}`))
    }
    expect(names.size).toBeLessThan(4_000)
  })

  test('a path of too many segments is cut', () => {
    expect(new PathVocabulary().limit('/a'.repeat(100))).toBe(`${'/a'.repeat(12)}/…`)
  })

  test('the root and an asterisk keep their names', () => {
    const vocabulary = new PathVocabulary()
    expect(['/', '*'].map((path) => vocabulary.limit(path))).toEqual(['/', '*'])
  })
})
