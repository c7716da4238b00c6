import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ConclusionPlan, concludeRun } from '../src/conclude-run.ts'
import type { Finding } from '../src/model/finding.ts'
import { parseOutputs } from '../src/output.ts'
import { RunLog } from '../src/run-log.ts'
import { baseline, duplicate, feedScope, postsScope, sequential } from './reporters/fixtures.ts'

/** Leaves what a process leaves: its scopes, and its counts. */
function leave(folder: string, findings: readonly Finding[]): void {
  const log = new RunLog(folder)
  for (const scope of [postsScope, feedScope]) {
    const found = findings.filter((finding) => finding.scope.id === scope.id)
    log.add({ scope, findings: found, trace: undefined as never })
  }
  log.flush()
}

/** Names of what is in a folder, those of processes left out. */
const kindsIn = (folder: string) =>
  readdirSync(folder)
    .map((name) => name.replace(/.*\./, ''))
    .sort()

describe('the end of a run that something else than the command started', () => {
  let folder: string
  const plan = () => ({
    outputs: parseOutputs([`json=${join(folder, 'out', 'report.json')}`], true),
    isQuiet: true,
    color: false,
  })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonplus-run-'))
    mkdirSync(join(folder, 'out'))
    leave(folder, [sequential, duplicate])
  })

  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  const conclude = (more: Partial<ConclusionPlan> = {}) =>
    concludeRun(folder, { ...plan(), failOn: ['warning'], ...more })

  test('writes the reports, and fails on what the gate names', async () => {
    const { report, exitCode } = await conclude()
    expect(exitCode).toBe(1)
    expect(report.findings.map(({ kind }) => kind)).toEqual(['n-plus-one', 'duplicate-query'])
    expect(JSON.parse(readFileSync(join(folder, 'out/report.json'), 'utf8')).scopes).toHaveLength(2)
  })

  test('tolerates what the baseline does', async () => {
    const { report, exitCode } = await conclude({ baseline })
    expect(exitCode).toBe(0)
    expect(report.baseline?.absent.map(({ statement }) => statement)).toEqual(['SELECT tags'])
    const { report: only } = await conclude({ baseline, options: { only: ['duplicate-query'] } })
    expect(only.baseline?.absent).toEqual([])
  })

  test('is no outer run of its own, though its own variable is set', async () => {
    vi.stubEnv('NONPLUS_RUN', JSON.stringify({ folder }))
    await conclude()
    expect(kindsIn(folder)).toEqual(['json', 'jsonl', 'out'])
  })

  test('inside another run hands over what its processes left', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'nonplus-run-'))
    try {
      vi.stubEnv('NONPLUS_RUN', JSON.stringify({ folder: outer }))
      expect((await conclude()).exitCode).toBe(1)
      expect([kindsIn(outer), kindsIn(folder)]).toEqual([['json', 'jsonl'], ['out']])
    } finally {
      rmSync(outer, { recursive: true })
    }
  })
})
