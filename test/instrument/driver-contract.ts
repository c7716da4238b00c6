import { describe, expect, test } from 'vitest'
import type { DriverInfo, ServerAddress, StatementMessage } from '../../src/instrument/message.ts'
import { ProcessScope } from '../../src/instrument/process-scope.ts'
import { currentScope, runIn } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { record } from './record.ts'

/** A driver that is hooked and connected: every pool opened and warmed, since faults hide in a cold one. */
export interface DriverUnderTest {
  readonly name: string
  /** Every form of call there is, each asking the same question; synchronous, or with a promise. */
  readonly forms: readonly Form[]
  /** What each of them must record. */
  readonly expected: {
    readonly text: string
    readonly parameters: readonly unknown[] | undefined
    readonly rows: number
  }
  /** Calls that fail, with the code of the error that caller and recorder must both get. */
  readonly failures: readonly (readonly [name: string, ask: () => unknown, code: string])[]
  /**
   * Calls that send `request` as their only parameter: through a pool of two, in each way it can be asked, or on the one
   * connection of a driver that has no pool. None where neither is to be had.
   */
  readonly pooled: readonly (readonly [name: string, ask: (request: number) => unknown])[]
  /** False for a driver without pools. */
  readonly hasPool?: boolean
  /** The parameter as the driver sends it, where that is not as it was given. */
  readonly sent?: (request: number) => unknown
  /** Where each of the calls goes, as the driver tells it; absent where it tells nothing. */
  readonly address?: () => ServerAddress
  /** The most connections of a pool that tells its state; absent where none does. */
  readonly poolSize?: number
  /** Hooks the driver once more. */
  readonly hookAgain: () => void
}

/** Where a form cannot give what all of them give, it says what it gives. */
type Form = readonly [
  name: string,
  ask: () => unknown,
  expected?: { readonly text?: string; readonly parameters?: readonly unknown[] | undefined },
]

/** What a message says to the recorder. */
export function facts({ text, parameters, rows, error }: StatementMessage): Record<string, unknown> {
  return { text, parameters, rows, error: error === undefined ? undefined : (error as { code?: string }).code }
}

/** The only parameter of a pooled call, which some drivers take by name. */
function onlyValue({ parameters }: StatementMessage): unknown {
  const [value] = parameters ?? []
  return typeof value === 'object' && value !== null ? Object.values(value)[0] : value
}

const REQUESTS = 6

/** What every driver must keep to, the ones to come included. */
export function describeDriver(driver: DriverUnderTest): void {
  describe(`${driver.name}: each call is one execution, in its scope, with its values, rows and line`, () => {
    test.each(driver.forms.map(([form, ask, expected]) => [form, ask, expected ?? {}] as const))(
      '%s',
      async (_name, ask, expected) => {
        const { started, ended, scope } = await record(ask)
        expect(started.map(facts)).toEqual([{ ...driver.expected, ...expected, error: undefined }])
        expect(ended).toEqual(started)
        expect(started[0]?.scope).toBe(scope)
        const frame = started[0]?.callSite?.frames[0]
        expect(frame?.mapped?.file ?? frame?.file).toMatch(/\.test\.ts$/)
      },
    )

    test('it goes where the driver says that it does', async () => {
      for (const [form, ask] of driver.forms) {
        const [message] = (await record(ask)).started
        const { through, driver: info } = message as StatementMessage
        const address = through === undefined ? undefined : info.addressOf?.(through)
        expect(address, form).toEqual(driver.address?.())
      }
    })

    test('hooking it again changes nothing', async () => {
      driver.hookAgain()
      const [, ask] = driver.forms[0] as (typeof driver.forms)[number]
      expect((await record(ask)).started).toHaveLength(1)
    })
  })

  describe(`${driver.name}: in no scope it is the work of the process, as whole as in one`, () => {
    test.each(driver.forms.map(([form, ask, expected]) => [form, ask, expected ?? {}] as const))(
      '%s',
      async (_name, ask, expected) => {
        const limits = { quietMs: 10_000, scriptMs: 60_000, maxPieceMs: 60_000 }
        const { started, ended } = await record(async () => {
          state.processScope = new ProcessScope('all', limits)
          try {
            return await runIn(undefined, ask)
          } finally {
            state.processScope?.finish('signal')
          }
        })
        expect(started.map(facts)).toEqual([{ ...driver.expected, ...expected, error: undefined }])
        expect(ended).toEqual(started)
        expect(started[0]?.scope.isAmbient).toBe(true)
        const frame = started[0]?.callSite?.frames[0]
        expect(frame?.mapped?.file ?? frame?.file).toMatch(/\.test\.ts$/)
      },
    )
  })

  describe(`${driver.name}: errors`, () => {
    test.each(driver.failures)('%s', async (_name, ask, code) => {
      const { result, ended } = await record(async () => {
        try {
          return await ask()
        } catch (error) {
          return error
        }
      })
      expect((result as { code?: string }).code).toBe(code)
      expect(ended.map(({ error }) => (error as { code?: string }).code)).toEqual([code])
    })
  })

  if (driver.pooled.length === 0) return
  test(`${driver.name}: its pools tell their state`, async () => {
    const pools = new Map<object, DriverInfo>()
    state.onPool = (pool, info) => void pools.set(pool, info)
    try {
      for (const [, ask] of driver.pooled) await ask(1)
    } finally {
      state.onPool = undefined
    }
    const told = [...pools].flatMap(([pool, info]) => {
      const { addressOf, poolStateOf } = info
      return { ...poolStateOf?.(pool), host: addressOf?.(pool)?.host }
    })
    const { poolSize, address } = driver
    if (poolSize === undefined) expect(told).toEqual([])
    else expect(told.length).toBeGreaterThan(0)
    for (const { idle = 0, used = 0, pending, max, host } of told) {
      expect({ pending, max, host }).toEqual({ pending: 0, max: poolSize, host: address?.().host })
      expect(idle + used).toBeGreaterThan(0)
      expect(idle + used).toBeLessThanOrEqual(poolSize ?? 0)
    }
  })

  const where = driver.hasPool === false ? 'one connection' : 'a warm pool of two'
  describe(`${driver.name}: ${where} under six requests`, () => {
    test.each(driver.pooled)('%s: everything in its own scope', async (_name, ask) => {
      const requests = Array.from({ length: REQUESTS }, (_, request) =>
        record(async () => {
          for (let index = 0; index < REQUESTS; index++) {
            await ask(request)
            expect(currentScope()?.name).toBe(`request ${request}`)
          }
        }, `request ${request}`),
      )
      const started = new Set((await Promise.all(requests)).flatMap((recording) => recording.started))
      const filed = [...started].map((message) => `${message.scope.name} sent ${onlyValue(message)}`)
      const expected = Array.from({ length: REQUESTS * REQUESTS }, (_, index) => index % REQUESTS)
      expect(filed.sort()).toEqual(expected.map((request) => `request ${request} sent ${request}`).sort())
    })

    test.each(driver.pooled)('%s: outside any scope it is counted, and lands in no neighbour', async (_name, ask) => {
      const before = { ...state.counters }
      const outside = [100, 101, 102, 103].map((request) => ask(request))
      const { started } = await record(async () => {
        for (let index = 0; index < 4; index++) await ask(1)
      })
      await Promise.all(outside)
      expect(started.map(onlyValue)).toEqual(Array(4).fill(driver.sent?.(1) ?? 1))
      expect(state.counters.outside - before.outside).toBe(4)
      expect(state.counters.seen - before.seen).toBe(8)
    })
  })
}
