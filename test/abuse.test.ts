import { describe, expect, test } from 'vitest'
import { createProfiler, defineConfig, ignore, instrument, NonplusError, profile, runInScope } from '../src/index.ts'

/** Every misuse with its exact message: what was expected, what came, and the nearest valid name. */
const misuses: [name: string, misuse: () => unknown, message: string][] = [
  [
    'an option that is misspelt',
    () => createProfiler({ callsites: 'all' } as never),
    'Unknown option: `callsites`. Did you mean `callSites`?',
  ],
  [
    'an option that is like none',
    () => createProfiler({ xyzzy: 1 } as never),
    'Unknown option: `xyzzy`. Valid: detectors, only, ignore, callSites, http, serverTiming, jobs, processScope, values, explain.',
  ],
  [
    'a kind that is misspelt',
    () => defineConfig({ only: ['n-plus-on'] as never }),
    'Unknown kind: `n-plus-on`. Did you mean `n-plus-one`?',
  ],
  [
    'a detector that is misspelt',
    () => defineConfig({ detectors: { 'duplicate-querry': false } as never }),
    'Unknown kind: `duplicate-querry`. Did you mean `duplicate-query`?',
  ],
  [
    'an option of a detector that is misspelt',
    () => defineConfig({ detectors: { 'n-plus-one': { treshold: 3 } as never } }),
    'Unknown option of n-plus-one: `treshold`. Did you mean `threshold`?',
  ],
  [
    'a threshold of another type',
    () => defineConfig({ detectors: { 'n-plus-one': { threshold: '5' } as never } }),
    '`threshold` of n-plus-one must be an integer from 2 up, but got: "5".',
  ],
  [
    'a threshold of one',
    () => defineConfig({ detectors: { 'n-plus-one': { threshold: 1 } } }),
    '`threshold` of n-plus-one must be an integer from 2 up, but got: 1.',
  ],
  [
    'a mode that does not exist',
    () => createProfiler({ callSites: 'always' } as never),
    'Unknown value of `callSites`: `always`. Valid: all, repeated, none.',
  ],
  [
    'kinds that are no list',
    () => createProfiler({ only: 'n-plus-one' } as never),
    '`only` must be a list of strings, but got: "n-plus-one".',
  ],
  [
    'a switch of another type',
    () => createProfiler({ http: 'no' } as never),
    '`http` must be true or false, but got: "no".',
  ],
  [
    'detectors that are a list',
    () => createProfiler({ detectors: ['n-plus-one'] } as never),
    '`detectors` must be an object of kinds, as in { \'n-plus-one\': { threshold: 10 } }, but got: ["n-plus-one"].',
  ],
  [
    'a detector that is switched on',
    () => createProfiler({ detectors: { 'n-plus-one': true } } as never),
    '`n-plus-one` of `detectors` must be an object or false, but got: true.',
  ],
  ['options that are no object', () => createProfiler([] as never), 'Options must be an object, but got: [].'],
  [
    'an option of the configuration that is misspelt',
    () => defineConfig({ failOnn: ['error'] } as never),
    'Unknown option: `failOnn`. Did you mean `failOn`?',
  ],
  [
    'a severity that is misspelt',
    () => defineConfig({ failOn: ['eror'] } as never),
    'Unknown severity or kind in `failOn`: `eror`. Did you mean `error`?',
  ],
  [
    'a reporter that is no name',
    () => defineConfig({ reporters: 'json' } as never),
    "`reporters` must be a list of names, or of names with a file, as in ['console', ['json', 'report.json']], but got: \"json\".",
  ],
  [
    'a baseline without a name',
    () => defineConfig({ baseline: true } as never),
    '`baseline` must be a path, but got: true.',
  ],
  [
    'an option of the configuration in a profiler',
    () => createProfiler({ failOn: ['error'] } as never),
    'Unknown option: `failOn`. Valid: detectors, only, ignore, callSites, http, serverTiming, jobs, processScope, values, explain.',
  ],
  [
    'a way to explain that is misspelt',
    () => createProfiler({ explain: 'analyse' } as never),
    'Unknown value of `explain`: `analyse`. Did you mean `analyze`?',
  ],
  [
    'a way to explain that is a number',
    () => createProfiler({ explain: 1 } as never),
    "`explain` must be true, false, 'analyze' or 'auto_explain', but got: 1.",
  ],
  [
    'no driver',
    () => instrument({ query: 1 }),
    'instrument(driverModule) expects the exports of a driver (@neondatabase/serverless, pg, pg-pool, @electric-sql/pglite, postgres, mysql2, mariadb, mssql, tedious, oracledb, better-sqlite3, sqlite3, node:sqlite, libsql, @libsql/client), but got: an object with query.',
  ],
  [
    'nothing as a driver',
    () => instrument(undefined),
    'instrument(driverModule) expects the exports of a driver (@neondatabase/serverless, pg, pg-pool, @electric-sql/pglite, postgres, mysql2, mariadb, mssql, tedious, oracledb, better-sqlite3, sqlite3, node:sqlite, libsql, @libsql/client), but got: undefined.',
  ],
  [
    'a scope without a name',
    () => runInScope('', () => 1),
    'The name of a scope must be a string that is not empty, but got: "".',
  ],
  [
    'an ignore without a reason',
    () => ignore('', () => 1),
    'ignore(reason, fn): reason must be a sentence, but got: "".',
  ],
  [
    'an ignore without a function',
    () => ignore('why', undefined as never),
    'ignore(reason, fn): fn must be a function, but got: undefined.',
  ],
]

describe('wrong use fails at once and says what to do', () => {
  test.each(misuses)('%s', (_name, misuse, message) => {
    expect(misuse).toThrow(expect.objectContaining({ message }))
  })

  test('a profile with a wrong name or option rejects', async () => {
    await expect(profile(undefined as never, () => 1)).rejects.toThrow(
      'The name of a scope must be a string that is not empty, but got: undefined.',
    )
    await expect(profile('x', () => 1, { onyl: [] } as never)).rejects.toThrow('Did you mean `only`?')
  })

  test('our errors carry a stable code', () => {
    expect(() => instrument(7)).toThrow(NonplusError)
    expect(() => instrument(7)).toThrow(expect.objectContaining({ code: 'ERR_DRIVER_UNSUPPORTED' }))
  })
})
