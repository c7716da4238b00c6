import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { installLoader, onModuleLoad } from '../../src/instrument/loader.ts'
import { state } from '../../src/instrument/state.ts'

const require = createRequire(import.meta.url)

test('a listener gets each load with its file, until it is stopped', () => {
  const loads: unknown[] = []
  const stop = onModuleLoad((request, resolve, exports) => {
    if (request === 'commander') loads.push([resolve(), exports])
  })
  const exports = require('commander')
  require('commander')
  stop()
  require('commander')
  const load = [require.resolve('commander'), exports]
  expect(loads).toEqual([load, load])
})

test('a listener that throws disturbs neither the load nor the other listeners', () => {
  const failures = state.counters.failures
  const loads: string[] = []
  const stops = [
    onModuleLoad(() => {
      throw new Error('in a listener')
    }),
    onModuleLoad((request) => loads.push(request)),
  ]
  expect(require('commander')).toHaveProperty('Command')
  for (const stop of stops) stop()
  expect({ loads, failures: state.counters.failures - failures }).toEqual({ loads: ['commander'], failures: 1 })
})

test('a load that fails, fails as without us', () => {
  const stop = onModuleLoad(() => {})
  expect(() => require('no-such-package')).toThrow(expect.objectContaining({ code: 'MODULE_NOT_FOUND' }))
  stop()
})

test('a part of a driver, required by its own name, is hooked', () => {
  installLoader()
  require('mariadb/callback')
  expect([...state.drivers.values()].map(({ name, via }) => `${name} by ${via}`)).toEqual(['mariadb by patch'])
})
