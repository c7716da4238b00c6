import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderTable } from './features.ts'

// UPDATE_GOLDEN=1 writes it
test('docs/test-runners.md shows what the suites of the runners hold', () => {
  const file = new URL('../../../docs/test-runners.md', import.meta.url)
  const parts = readFileSync(file, 'utf8').split(/(?<=<!-- table -->\n)|(?=<!-- \/table -->)/)
  const [before = '', , after = ''] = parts
  const page = `${before}\n${renderTable()}\n\n${after}`
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, page)
  else expect(parts.join('')).toBe(page)
})
