import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { NonplusInstrumentation } from '../../src/otel/index.ts'
import { createDatabase } from '../create-database.ts'
import { isInstalled, runApp, sdk2 } from './run-app.ts'

const run = promisify(execFile)
const register = new URL('../../dist/otel-register.js', import.meta.url).href

/** Runs a program of one request under `nonplus/otel/register`, with no SDK. */
async function runAlone(env: Readonly<Record<string, string>>): Promise<string> {
  const program = `
    import { runInScope } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
    await runInScope('job', async () => {})
    console.log('ran')`
  const { stdout, stderr } = await run(
    process.execPath,
    [`--import=${register}`, '--input-type=module', '--eval', program],
    { env: { PATH: process.env.PATH, ...env }, cwd: fileURLToPath(new URL('./', import.meta.url)) },
  )
  expect(stdout).toBe('ran\n')
  return stderr
}

describe('nonplus/otel/register', () => {
  test('wrong options are said once, and the program runs', async () => {
    expect(await runAlone({ NONPLUS_OTEL: '{"span":false}' })).toBe(
      'nonplus: could not start, nothing is sent to OpenTelemetry: Unknown option: `span`. Did you mean `spans`?\n',
    )
    expect(await runAlone({ NONPLUS_OTEL: 'spans=false' })).toBe(
      'nonplus: could not start, nothing is sent to OpenTelemetry: NONPLUS_OTEL must be options as JSON, as in ' +
        '{"spans":false}, but got: spans=false.\n',
    )
  })

  test('without an SDK it says so once work was done, and the program runs', async () => {
    expect(await runAlone({})).toMatch(
      /^nonplus: no OpenTelemetry SDK has started in this process, so nothing is sent\./,
    )
    expect(await runAlone({ NONPLUS: '0' })).toBe('')
  })

  test.skipIf(!isInstalled(sdk2))(
    'beside an SDK it needs no code, and takes its options from the environment',
    async () => {
      const common = { sdk: sdk2, node: process.execPath, driver: 'pg', instrumentations: [] } as const
      const url = await createDatabase('otel')
      const { received, stderr } = await runApp({ ...common, url, flags: [`--import=${register}`] })
      expect(stderr).toBe('')
      expect(received.spans.filter(({ scope }) => scope === 'nonplus').length).toBeGreaterThan(90)
      expect(received.logs).toHaveLength(6)

      const env = { NONPLUS_OTEL: '{"spans":false,"spanEvents":true}' }
      const again = await runApp({ ...common, url: await createDatabase('otel'), flags: [`--import=${register}`], env })
      expect(again.received.spans.filter(({ scope }) => scope === 'nonplus')).toEqual([])
      const events = again.received.spans.flatMap((span) => span.events)
      expect(events.map(({ name }) => name)).toEqual(Array.from({ length: 6 }, () => 'nonplus.finding'))
      expect(events[0]?.attributes).toMatchObject({ 'nonplus.finding.kind': 'n-plus-one' })
    },
  )
})

describe('options', () => {
  test.each([
    [{ spans: 'always' }, '`spans` must be \'auto\', true or false, but got: "always".'],
    [{ unsampled: 'drop' }, "`unsampled` must be 'count' or 'judge', but got: \"drop\"."],
    [{ metrics: 1 }, '`metrics` must be true or false, but got: 1.'],
    [{ findngs: false }, 'Unknown option: `findngs`. Did you mean `findings`?'],
    [{ only: ['n-plus-on'] }, 'Unknown kind: `n-plus-on`. Did you mean `n-plus-one`?'],
    [
      { values: true },
      '`values` is no option here. Values of parameters and rows never leave the process by OpenTelemetry.',
    ],
  ])('%j', (options, message) => {
    expect(() => new NonplusInstrumentation({ ...(options as object), enabled: false })).toThrow(message)
  })

  test('the shape that registerInstrumentations expects', () => {
    const instrumentation = new NonplusInstrumentation({ enabled: false })
    expect(instrumentation.getConfig()).toEqual({ enabled: false })
    expect(new NonplusInstrumentation({ enabled: false }).instrumentationName).toBe('nonplus')
    for (const name of [
      'enable',
      'disable',
      'setTracerProvider',
      'setMeterProvider',
      'setLoggerProvider',
      'setConfig',
    ]) {
      expect(typeof instrumentation[name as 'enable'], name).toBe('function')
    }
  })
})
