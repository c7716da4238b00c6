import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { createMysqlDatabase } from './create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'
import { nodeVersions } from './node-versions.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('beside/', import.meta.url))
const register = new URL('../dist/register.js', import.meta.url).href

const isInstalled = existsSync(new URL('beside/node_modules/dd-trace', import.meta.url))
const HOW_TO_INSTALL = 'npm ci --prefix test/beside'

/** What a program of `test/beside` tells about one run. */
interface Told {
  /** What each request got, in every form of call. */
  readonly answers: readonly unknown[]
  readonly rejections: readonly string[]
  /** As nonplus recorded them: scope, text with values, line, rows, error, how often ended. */
  readonly statements: readonly string[]
  readonly findings: readonly string[]
  /** Of the other tool: name, text, the request at the root, names of attributes, error. */
  readonly spans: readonly string[]
}

const NONPLUS = 'nonplus'
const tools = ['otel', 'sentry', 'datadog'] as const

/** Runs the program with these preloaded, in this order. */
async function tell(
  program: string,
  node: string,
  driver: string,
  url: string,
  preloads: readonly string[],
): Promise<Told> {
  const flags = preloads.map((name) => `--import=${name === NONPLUS ? register : `${folder}tools/${name}.cjs`}`)
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    BESIDE_URL: url,
    BESIDE_NONPLUS: preloads.includes(NONPLUS) ? '1' : '0',
  }
  const { stdout } = await run(node, [...flags, program, driver], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 })
  const line = stdout.split('\n').find((each) => each.startsWith('TOLD '))
  if (line === undefined) throw new Error(`${program} told nothing: ${stdout.slice(-500)}`)
  return JSON.parse(line.slice('TOLD '.length)) as Told
}

// `name | text | /requests/1 | attributes | error`
function withoutRoot(spans: readonly string[]): string[] {
  return withoutConnects(spans)
    .map((span) => span.replace(/ \| (\/requests\/\d+)? \| /, ' | '))
    .sort()
}

/** How many connections a pool opens depends on timing. */
function withoutConnects(spans: readonly string[]): string[] {
  return spans.filter((span) => !span.includes(' | pg.connect | '))
}

/** False where the tool loses the request in the pool even without us: what it then shows depends on timing. */
function isSteady(spans: readonly string[]): boolean {
  return spans.every((span) => {
    const root = / \| \/requests\/(\d) \| /.exec(span)?.[1]
    const own = /select (\d)(?: as (?:callback|inside|cursor|stream|request)| from missing)/i.exec(span)?.[1]
    return own === undefined || root === own
  })
}

interface Subject {
  readonly driver: 'pg' | 'mysql2'
  readonly program: string
  readonly node: string
  readonly expected: { readonly statements: number; readonly findings: number }
}

function describeBeside({ driver, program, node, expected }: Subject, createUrl: () => Promise<string>): void {
  const tellWith = (...preloads: string[]): Promise<Told> => tell(program, node, driver, url, preloads)
  let url = ''
  let bare: Told
  let alone: Told

  beforeAll(async () => {
    url = await createUrl()
    bare = await tellWith()
    alone = await tellWith(NONPLUS)
  })

  test('alone, nonplus sees each statement once, and the application sees nothing of it', () => {
    expect(alone.statements).toHaveLength(expected.statements)
    expect(alone.statements.filter((line) => !line.endsWith('ended 1'))).toEqual([])
    expect(alone.findings).toHaveLength(expected.findings)
    expect(alone.answers).toEqual(bare.answers)
    expect(alone.rejections).toEqual([])
  })

  describe.each(tools)('%s', (tool) => {
    let without: Told

    beforeAll(async () => {
      without = await tellWith(tool)
      expect(without.spans.length).toBeGreaterThan(expected.statements - 30)
    })

    test.each([
      [`${tool} before nonplus`, [tool, NONPLUS]],
      [`nonplus before ${tool}`, [NONPLUS, tool]],
    ])('%s: nothing is lost, doubled or changed', async (_name, preloads) => {
      const both = await tellWith(...preloads)
      expect(both.statements).toEqual(alone.statements)
      expect(both.findings).toEqual(alone.findings)
      expect(withoutRoot(both.spans)).toEqual(withoutRoot(without.spans))
      if (isSteady(without.spans)) {
        expect(withoutConnects(both.spans).sort()).toEqual(withoutConnects(without.spans).sort())
      }
      expect(both.answers).toEqual(without.answers)
      expect(both.rejections).toEqual([])
    })
  })
}

describe.skipIf(!isInstalled)(`beside other tools${isInstalled ? '' : ` (SKIPPED: ${HOW_TO_INSTALL})`}`, () => {
  const pg = { driver: 'pg', expected: { statements: 96, findings: 12 } } as const
  const node = process.execPath

  describe('pg under import', () => {
    describeBeside({ ...pg, program: 'app.mjs', node }, () => createDatabase('beside'))
  })

  describe('pg under require', () => {
    describeBeside({ ...pg, program: 'app.cjs', node }, () => createDatabase('beside'))
  })

  const mysql2 = { driver: 'mysql2', expected: { statements: 90, findings: 12 } } as const
  const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined
  describe.skipIf(isMissing)(`mysql2${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, () => {
    describe('under import', () => {
      describeBeside({ ...mysql2, program: 'app.mjs', node }, () => createMysqlDatabase('beside'))
    })

    describe('under require', () => {
      describeBeside({ ...mysql2, program: 'app.cjs', node }, () => createMysqlDatabase('beside'))
    })
  })

  const newest = nodeVersions.at(-1)
  describe.skipIf(newest === undefined || newest.execPath === node)(`pg under import, Node ${newest?.version}`, () => {
    describeBeside({ ...pg, program: 'app.mjs', node: newest?.execPath ?? node }, () => createDatabase('beside'))
  })
})
