import { describe, expect, test } from 'vitest'
import { relativePath, withoutDirectory } from '../../src/reporters/relative-path.ts'

describe('the path of a file', () => {
  test.each([
    ['/srv/blog/src/posts.ts', '/srv/blog', 'src/posts.ts'],
    ['/srv/shared/db.ts', '/srv/blog', '../shared/db.ts'],
    ['file:///srv/blog/src/my%20posts.ts', '/srv/blog', 'src/my posts.ts'],
    ['C:\\blog\\src\\posts.ts', 'C:\\blog', 'src/posts.ts'],
    ['C:/blog/src/posts.ts', 'c:\\blog', 'src/posts.ts'],
    ['file:///C:/blog/src/posts.ts', 'C:\\blog', 'src/posts.ts'],
    ['C:\\blog\\src\\posts.ts', '/srv/blog', 'C:/blog/src/posts.ts'],
    ['/srv/blog/src/posts.ts', 'C:\\blog', '/srv/blog/src/posts.ts'],
    ['src/posts.ts', '/srv/blog', 'src/posts.ts'],
    ['webpack://blog/src/posts.ts', '/srv/blog', 'webpack://blog/src/posts.ts'],
    ['https://example.org/app.js', '/srv/blog', 'https://example.org/app.js'],
    ['<anonymous>', '/srv/blog', '<anonymous>'],
  ])('%s seen from %s is %s', (file, cwd, expected) => {
    expect(relativePath(file, cwd)).toBe(expected)
  })
})

describe('prose', () => {
  test.each([
    ['read at /srv/blog/src/posts.ts:5', '/srv/blog', 'read at src/posts.ts:5'],
    ['(/srv/blog/a.ts, file:///srv/blog/b.ts)', '/srv/blog/', '(a.ts, b.ts)'],
    ['read at C:\\blog\\src\\posts.ts', 'C:\\blog', 'read at src\\posts.ts'],
    ['/mnt/srv/blog/a.ts and /srv/blogs/a.ts', '/srv/blog', '/mnt/srv/blog/a.ts and /srv/blogs/a.ts'],
    ['/a.ts', '/', '/a.ts'],
  ])('%s, in %s, reads %s', (text, cwd, expected) => {
    expect(withoutDirectory(text, cwd)).toBe(expected)
  })
})
