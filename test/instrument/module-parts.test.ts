import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hookParts } from '../../src/instrument/module-parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'nonplus-parts-'))
const require = createRequire(join(folder, 'app.cjs'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `exports.from = ${JSON.stringify(path)}`)
  return file
}

test('parts of a library are hooked, loaded before or later, and files of others with their names are not', () => {
  const [early, late] = ['node_modules/some-orm/QueryBuilder.js', 'node_modules/some-orm/lib/QueryBuilder.js']
  const others = ['QueryBuilder.js', 'some-orm/QueryBuilder.js', 'node_modules/other-orm/QueryBuilder.js']
  for (const path of [early, ...others]) require(write(path))
  write('node_modules/some-orm/Entity.js')

  const hooked: unknown[] = []
  const hook = (exports: unknown): void => void hooked.push((exports as { from: string }).from)
  hookParts('some-orm', (request) => /[\\/]QueryBuilder(\.js)?$/.test(request), hook)
  expect(hooked).toEqual([early])

  for (const path of [late, ...others]) require(write(path))
  require('some-orm/Entity')
  require('./QueryBuilder')
  expect(hooked).toEqual([early, late])
})
