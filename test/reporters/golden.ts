import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/**
 * Holds a text against `test/golden/<name>`, with escape codes spelled `\e`; `UPDATE_GOLDEN=1` writes the file instead.
 */
export function expectGolden(name: string, text: string): void {
  const file = new URL(`../golden/${name}`, import.meta.url)
  const actual = `${text.replaceAll('\u001b', '\\e').replace(/\n$/, '')}\n`
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual)
  expect(actual).toBe(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'))
}
