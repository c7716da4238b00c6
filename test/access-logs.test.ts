import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import type { QuerySums } from '../src/index.ts'
import { createDatabase } from './create-database.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('access-logs/', import.meta.url))
const isMissing = !existsSync(`${folder}node_modules`)

async function linesOf(env: NodeJS.ProcessEnv): Promise<string[]> {
  const flags = ['--import', '../../dist/register.js', 'app.js']
  const { stdout } = await run(process.execPath, flags, {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: await createDatabase('logs'), ...env },
  })
  return stdout.trim().split('\n')
}

describe.skipIf(isMissing)(`access logs${isMissing ? ' (SKIPPED: npm ci --prefix test/access-logs)' : ''}`, () => {
  let lines: string[]

  beforeAll(async () => {
    lines = await linesOf({})
  })

  function of(logger: string): string[] {
    return lines.filter((line) => line.startsWith(logger)).sort()
  }

  test('of morgan tell the queries of their request', () => {
    expect(of('MORGAN')).toEqual([1, 2, 3, 4].map((count) => `MORGAN GET /${count} 200, ${count} queries`))
  })

  test('of pino-http, as properties', () => {
    const logged = of('{').map((line) => JSON.parse(line))
    const byPath: Record<string, QuerySums> = Object.fromEntries(logged.map(({ req, queries }) => [req.url, queries]))
    expect(Object.keys(byPath).sort()).toEqual(['/1', '/2', '/3', '/4'])
    for (const [path, queries] of Object.entries(byPath)) {
      const count = Number(path.slice(1))
      expect(queries).toEqual({ count, durationMs: expect.any(Number), rows: 2 * count })
      expect(queries.durationMs).toBeGreaterThan(0)
    }
  })

  test('by hand, in a listener', () => {
    expect(of('PLAIN').map((line) => line.replace(/"durationMs":[\d.]+/, '"durationMs":…'))).toEqual(
      [1, 2, 3, 4].map((count) => `PLAIN /${count} {"count":${count},"durationMs":…,"rows":${2 * count}}`),
    )
  })

  test('outside a request there is nothing to tell, nor where nonplus is turned off', async () => {
    expect(of('OUTSIDE')).toEqual(['OUTSIDE undefined'])
    lines = await linesOf({ NONPLUS: '0' })
    expect(of('MORGAN')).toEqual([1, 2, 3, 4].map((count) => `MORGAN GET /${count} 200, - queries`))
  })
})
