import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { faultsOf, loadSchema } from '../otel/otlp-schema.ts'
import { isInstalled, sdk2 } from '../otel/run-app.ts'

const run = promisify(execFile)
const cli = join(import.meta.dirname, '../../dist/cli/index.js')

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  readonly at: number
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON, which the schema has been held against
type Any = any

/** A receiver that keeps what it is sent, and answers as it is told. */
class Receiver {
  readonly received: Received[] = []
  /** Undefined hangs. */
  answer: { status: number; body: string } | undefined = { status: 200, body: '{}' }
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      let text = ''
      for await (const part of request.setEncoding('utf8')) text += part
      const { url: path = '', headers } = request
      this.received.push({ path, headers, body: JSON.parse(text), at: Date.now() })
      if (this.answer !== undefined) response.writeHead(this.answer.status).end(this.answer.body)
    })
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  bodies(path: string): Any[] {
    return this.received.filter((each) => each.path === path).map(({ body }) => body)
  }

  get spans(): Any[] {
    return this.bodies('/v1/traces').flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans)
  }

  get records(): Any[] {
    return this.bodies('/v1/logs').flatMap(({ resourceLogs }) => resourceLogs[0].scopeLogs[0].logRecords)
  }
}

function attributesOf({ attributes }: Any): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }: Any) => [key, Object.values(value)[0]]))
}

let receiver: Receiver
let endpoint: string

async function start(): Promise<void> {
  receiver = new Receiver()
  endpoint = await receiver.listen()
}

interface Outcome {
  readonly code: number
  readonly stderr: string
}

async function runLoops(target: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const flags = ['run', '--otlp', target, '--', process.execPath, 'loops.cjs']
  try {
    const { stderr } = await run(process.execPath, [cli, ...flags], { cwd: sdk2.folder, env: await loopsEnv(env) })
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, stderr }
  }
}

async function loopsEnv(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const { PATH } = process.env
  return { PATH, OTEL_PACKAGES: sdk2.folder, OTEL_DRIVER: 'pg', OTEL_URL: await createDatabase('otlp'), ...env }
}

const isMissing = !isInstalled(sdk2)
describe.skipIf(isMissing)(`nonplus run --otlp${isMissing ? ' (SKIPPED: npm ci --prefix test/otel)' : ''}`, () => {
  afterEach(() => receiver?.close())

  describe('sends what a run did', () => {
    beforeAll(async () => {
      await start()
      const env = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b,x-tenant=shop', OTEL_SERVICE_NAME: 'loops' }
      const { code, stderr } = await runLoops(`${endpoint}/`, env)
      expect(code).toBe(0)
      expect(stderr).not.toContain('could not send')
      receiver.close()
    })

    test('by the definition of OTLP, to the letter', () => {
      const { traces, logs } = loadSchema()
      expect(receiver.bodies('/v1/traces').flatMap((body) => faultsOf(body, traces))).toEqual([])
      expect(receiver.bodies('/v1/logs').flatMap((body) => faultsOf(body, logs))).toEqual([])
      // and the definition would tell
      const [body] = receiver.bodies('/v1/traces')
      const [span] = body.resourceSpans[0].scopeSpans[0].spans
      const wrong = {
        resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, kind: 'SERVER', start: 1, spanId: 'x' }] }] }],
      }
      expect(faultsOf(wrong, traces)).toHaveLength(3)
    })

    test('with the headers and the resource of the environment', () => {
      for (const { headers, body } of receiver.received) {
        expect(headers).toMatchObject({ 'content-type': 'application/json', 'api-key': 'a b', 'x-tenant': 'shop' })
        const [part] = ((body as Any).resourceSpans ?? (body as Any).resourceLogs) as Any[]
        expect(attributesOf(part.resource)).toMatchObject({ 'service.name': 'loops', 'telemetry.sdk.name': 'nonplus' })
      }
    })

    test('requests as SERVER spans, with a CLIENT span of each statement in them', () => {
      const [server, ...others] = receiver.spans.filter(({ name }) => name === 'GET /sequential')
      expect(others).toEqual([])
      expect(server).toMatchObject({ kind: 2 })
      expect(attributesOf(server)).toMatchObject({
        'http.request.method': 'GET',
        'http.response.status_code': '200',
        'nonplus.findings': '1',
        'nonplus.n_plus_one': true,
        'nonplus.db.query.count': '8',
      })
      const children = receiver.spans.filter(({ parentSpanId }) => parentSpanId === server.spanId)
      expect(children.map(({ name }) => name)).toEqual(['SELECT books', ...Array(7).fill('SELECT authors')])
      for (const child of children) {
        expect(child).toMatchObject({ kind: 3, traceId: server.traceId })
        expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(server.startTimeUnixNano))
        expect(BigInt(child.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(server.endTimeUnixNano))
        expect(attributesOf(child)).toMatchObject({
          'db.system.name': 'postgresql',
          'code.function.name': expect.any(String),
        })
      }
      expect(attributesOf(children[1])).toMatchObject({
        'db.query.text': 'select name from authors where id = ?',
        'db.response.returned_rows': '1',
      })
    })

    test('statements that failed as such', () => {
      const failed = receiver.spans.filter(({ status }) => status?.code === 2)
      expect(failed).toHaveLength(6)
      expect(attributesOf(failed[0])['error.type']).toBe('42P01')
    })

    test('findings as events of their request, with the spans they stand for', () => {
      const record = receiver.records.find(({ attributes }) =>
        attributes.some(({ value }: Any) => value.stringValue === 'GET /sequential'),
      )
      expect(record).toMatchObject({
        eventName: 'nonplus.finding',
        severityNumber: 17,
        body: { stringValue: '7 × SELECT authors with 7 different keys' },
      })
      const { 'nonplus.finding.span_ids': ids } = attributesOf(record) as { 'nonplus.finding.span_ids': Any }
      const named = receiver.spans.filter(({ spanId }) =>
        ids.values.some(({ stringValue }: Any) => stringValue === spanId),
      )
      expect(named.map(({ name }) => name)).toEqual(Array(5).fill('SELECT authors'))
      expect(record.traceId).toBe(named[0].traceId)
      expect(record.spanId).toBe(named[0].parentSpanId)
    })

    test('no value of a parameter or a literal', () => {
      expect(JSON.stringify(receiver.received)).not.toContain('author 1')
    })
  })

  test('while the program runs, too', async () => {
    await start()
    const code = `
      const pg = require('pg')
      const { createServer, get } = require('node:http')
      const pool = new pg.Pool({ connectionString: process.env.OTEL_URL })
      const server = createServer(async (_, response) => { await pool.query('select 1'); response.end() })
      server.listen(0, () => get({ port: server.address().port, agent: false }, (response) => response.resume()))
      process.on('SIGTERM', () => process.exit(3))
    `
    const env = await loopsEnv({})
    const flags = [cli, 'run', '--quiet', '--otlp', endpoint, '--', process.execPath, '-e', code]
    const child = spawn(process.execPath, flags, { cwd: sdk2.folder, env, stdio: 'ignore' })
    await expect.poll(() => receiver.spans.map(({ name }) => name), { timeout: 15_000 }).toContain('GET /')
    expect(child.exitCode).toBe(null)
    child.kill()
    // the program's own
    expect(await once(child, 'exit')).toEqual([3, null])
  })

  test('what is too much is counted: on its scope, and at the end', async () => {
    await start()
    const code = `
      const { createRequire } = require('node:module')
      const { runInScope } = createRequire(${JSON.stringify(cli)})('nonplus')
      const pg = require('pg')
      const pool = new pg.Pool({ connectionString: process.env.OTEL_URL, max: 5 })
      const query = (texts) => runInScope('import', () => Promise.all(texts.map((text) => pool.query(text))))
      const repeat = (count, text) => Array.from({ length: count }, () => text)
      async function main() {
        await query([...repeat(1_500, 'select 1 as a'), ...repeat(10, 'select 1 as b')])
        await query(repeat(1_000, 'select 1 as c'))
        await query([...repeat(1_000, 'select 1 as c'), 'begin'])
        for (let i = 0; i < 17; i++) await query(repeat(1_000, 'select 1 as c'))
        await query(repeat(3, 'select 1 as d'))
        for (let i = 0; i < 10_000; i++) await runInScope('empty', async () => {})
        await pool.end()
      }
      main()
    `
    const env = await loopsEnv({})
    const flags = [
      cli,
      'run',
      '--quiet',
      '--only',
      'n-plus-one',
      '--otlp',
      endpoint,
      '--',
      process.execPath,
      '-e',
      code,
    ]
    const { stderr } = await run(process.execPath, flags, { cwd: sdk2.folder, env })
    const scopes = receiver.spans.filter(({ name }) => name === 'import')
    const omitted = scopes.map((span) => attributesOf(span)['nonplus.db.query.omitted'])
    expect(omitted).toEqual(['510', undefined, '1', ...Array(17).fill(undefined), '3'])
    expect(receiver.spans.filter(({ kind }) => kind === 3)).toHaveLength(20_000)
    expect(stderr).toContain(
      'nonplus: 514 statements of 3 scopes have no span: each process makes them of the first 1,000',
    )
    expect(stderr).toContain('nonplus: 21 scopes were not sent: of each process the first 10,000 are, and those with')
  }, 60_000)

  describe('leaves the exit code alone', () => {
    test('where nobody listens', async () => {
      await start()
      receiver.close()
      const { code, stderr } = await runLoops(endpoint)
      expect(code).toBe(0)
      expect(stderr).toMatch(/nonplus: could not send to \S+: ECONNREFUSED\. \d+ scopes were not sent\./)
      expect(stderr).toContain('7 × SELECT authors')
    })

    test('where it is refused', async () => {
      await start()
      receiver.answer = { status: 401, body: '' }
      const { code, stderr } = await runLoops(endpoint)
      expect(code).toBe(0)
      expect(stderr).toMatch(/could not send to \S+: \/v1\/traces answered 401\. \d+ scopes were not sent\./)
    })

    test('where a part is refused', async () => {
      await start()
      receiver.answer = { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2"}}' }
      const { stderr } = await runLoops(endpoint)
      expect(stderr).toMatch(/nonplus: \S+ refused \d+ of the spans and events it was sent\./)
    })

    test('where the receiver hangs', async () => {
      await start()
      receiver.answer = undefined
      const { code, stderr } = await runLoops(endpoint)
      expect(code).toBe(0)
      expect(stderr).toMatch(
        /could not send to \S+: The operation was aborted due to timeout\. \d+ scopes were not sent\./,
      )
    }, 30_000)
  })

  test.each(['localhost:4318', 'ftp://localhost', '4318'])(
    'a wrong endpoint fails at the start: %s',
    async (target) => {
      const { code, stderr } = await runLoops(target)
      expect(code).toBe(2)
      expect(stderr).toContain(
        `--otlp must be the URL of a receiver of OTLP over HTTP, as in http://localhost:4318, but got: ${target}.`,
      )
    },
  )
})
