import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CapturedCallSite } from '../../src/instrument/call-site.ts'
import { statementEnd, statementStart } from '../../src/instrument/channel.ts'
import type { ServerAddress, StatementMessage } from '../../src/instrument/message.ts'
import { runIn, Scope } from '../../src/instrument/scope.ts'
import { startRecorder } from '../../src/recorder.ts'

/** What a run published, and how it ended for the caller. */
export interface Recording<Result> {
  readonly result: Result
  readonly started: StatementMessage[]
  readonly ended: StatementMessage[]
  readonly scope: Scope
}

/** Runs `fn` in a scope of its own and collects every message, of this scope and of any other. */
export async function record<Result>(fn: () => Result | Promise<Result>, name = 'test'): Promise<Recording<Result>> {
  startRecorder()
  const scope = new Scope({ name, kind: 'test' })
  const started: StatementMessage[] = []
  const ended: StatementMessage[] = []
  const onStart = (message: unknown) => started.push(message as StatementMessage)
  const onEnd = (message: unknown) => ended.push(message as StatementMessage)
  statementStart.subscribe(onStart)
  statementEnd.subscribe(onEnd)
  try {
    const result = await runIn(scope, fn)
    return { result, started, ended, scope }
  } finally {
    statementStart.unsubscribe(onStart)
    statementEnd.unsubscribe(onEnd)
  }
}

/** Where a server is, as a URL says it. */
export function addressIn(url: string): ServerAddress {
  const { hostname: host, port, pathname } = new URL(url)
  return { host, port: port === '' ? undefined : Number(port), database: pathname.slice(1) }
}

/** Where statements went, as their driver tells it. */
export function addressesOf(messages: readonly StatementMessage[]): (ServerAddress | undefined)[] {
  return messages.map(({ through, driver }) => (through === undefined ? undefined : driver.addressOf?.(through)))
}

/** Calls `use` with the path of a database file that is not there yet, `shop.db`, and removes it afterwards. */
export async function withDatabaseFile(use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-sqlite-'))
  try {
    await use(join(folder, 'shop.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `file:line` of the innermost frame, the way test runners show it. */
export function lineOf(callSite: CapturedCallSite | undefined): string | undefined {
  const frame = callSite?.frames[0]
  const { file, line } = frame?.mapped ?? frame ?? {}
  return file === undefined ? undefined : `${file.split('/').at(-1)}:${line}`
}

/** `file:line` of the statement that calls this, `offset` lines further down. */
export function here(offset = 0): string {
  const line = /([^/\\(]+):(\d+):\d+\)?$/.exec(new Error('here').stack?.split('\n')[2] ?? '')
  return `${line?.[1]}:${Number(line?.[2]) + offset}`
}
