import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { unifiedDiff } from '../../../src/cli/init/unified-diff.ts'

const folder = mkdtempSync(join(tmpdir(), 'nonplus-diff-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('is what git applies', () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', ' d'), { maxLength: 30 }), fc.constantFrom('', '\n'))
    .map(([lines, end]) => lines.join('\n') + (lines.length > 0 ? end : ''))
    // an empty file and none are the same to a patch
    .filter((sample) => sample !== '')
  const pairs = fc.sample(fc.tuple(fc.option(text, { nil: undefined }), text), 100)
  let patch = ''
  for (const [index, [before, after]] of pairs.entries()) {
    if (before !== undefined) writeFileSync(join(folder, `${index}.txt`), before)
    else if (after === '') continue
    patch += unifiedDiff(`${index}.txt`, before, after)
  }
  writeFileSync(join(folder, 'all.patch'), patch)
  execFileSync('git', ['apply', '--whitespace=nowarn', 'all.patch'], { cwd: folder, stdio: 'pipe' })
  const applied = pairs.map((_, index) => readFileSync(join(folder, `${index}.txt`), 'utf8'))
  expect(applied).toEqual(pairs.map(([, after]) => after))
})

test('shows three lines around each change, and joins what touches', () => {
  const before = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`)
  const after = before.map((line) => (['2\n', '18\n'].includes(line) ? `new ${line}` : line))
  expect(unifiedDiff('a.txt', before.join(''), after.join(''))).toBe(
    '--- a/a.txt\n+++ b/a.txt\n' +
      '@@ -1,5 +1,5 @@\n 1\n-2\n+new 2\n 3\n 4\n 5\n' +
      '@@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n+new 18\n 19\n 20\n',
  )
})

test('of what is equal is nothing; of a new file it says so', () => {
  expect(unifiedDiff('a.txt', 'a\n', 'a\n')).toBe('')
  expect(unifiedDiff('a.txt', undefined, 'a')).toBe(
    '--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,1 @@\n+a\n\\ No newline at end of file\n',
  )
})
