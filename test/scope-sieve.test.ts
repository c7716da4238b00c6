import { expect, test } from 'vitest'
import type { Finding } from '../src/model/finding.ts'
import type { ReportScope } from '../src/model/report.ts'
import { ScopeSieve, sieveNotes } from '../src/scope-sieve.ts'

function scope(name: string, count = 1): ReportScope {
  const queries = { count, durationMs: 2, rows: 3 }
  return {
    id: 's1',
    name,
    kind: 'request',
    startedAt: '2026-11-20T10:00:00.000Z',
    durationMs: 5,
    attributes: {},
    queries,
  }
}

function findingOf(identity: string): Finding {
  return { identity } as Finding
}

function notesOf(sieve: ScopeSieve): string[] {
  return sieveNotes({ droppedFindings: sieve.droppedFindings, totals: sieve.totals() })
}

test('a short run is listed whole', () => {
  const sieve = new ScopeSieve()
  const findings = [findingOf('a'), findingOf('b')]
  expect(sieve.sift(scope('GET /'), findings)).toEqual({ isListed: true, findings })
  expect(notesOf(sieve)).toEqual([])
})

test('scopes after the first 10,000 are summed up by name', () => {
  const sieve = new ScopeSieve()
  for (let turn = 0; turn < 10_000; turn++) expect(sieve.sift(scope('GET /'), []).isListed).toBe(true)
  for (const count of [4, 2, 7]) expect(sieve.sift(scope('GET /users', count), []).isListed).toBe(false)
  sieve.sift(scope('GET /'), [])
  expect(sieve.totals()).toEqual([
    {
      name: 'GET /users',
      kind: 'request',
      scopes: 3,
      queries: { count: 13, durationMs: 6, rows: 9 },
      least: 2,
      most: 7,
    },
    { name: 'GET /', kind: 'request', scopes: 1, queries: { count: 1, durationMs: 2, rows: 3 }, least: 1, most: 1 },
  ])
  expect(notesOf(sieve)).toEqual(['4 scopes after the first 10000 are summed up by name.'])
})

test('a finding is kept 500 times, and a new one however late it comes', () => {
  const sieve = new ScopeSieve()
  const kept = Array.from({ length: 12_000 }, () => sieve.sift(scope('GET /'), [findingOf('old')]).findings.length)
  expect(kept.filter((count) => count === 1)).toHaveLength(500)
  const late = findingOf('new')
  expect(sieve.sift(scope('GET /'), [findingOf('old'), late])).toEqual({ isListed: true, findings: [late] })
  expect(notesOf(sieve)[1]).toBe('11501 repeats of findings are not listed: a run keeps 500 of each, 10000 in all.')
})

test('names and identities without end are bounded', () => {
  const sieve = new ScopeSieve()
  for (let turn = 0; turn < 13_000; turn++) sieve.sift(scope(`GET /${turn}`), [findingOf(`${turn}`)])
  const totals = sieve.totals()
  expect(totals).toHaveLength(1_001)
  expect(totals[0]).toMatchObject({ name: 'others', scopes: 2_000 })
  expect(sieve.droppedFindings).toBe(11_000)
})
