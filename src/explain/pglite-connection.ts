import { setTimeout } from 'node:timers'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { parameterText } from './parameter-text.ts'
import { pauses } from './pauses.ts'
import { Refused, refuse } from './refusals.ts'

/** What is used of a `PGlite`. */
export interface PgliteInstance {
  readonly closed: boolean
  isInTransaction(): boolean
  /** Keeps out what is sent by `query`, `exec` and `transaction`, and waits for a transaction that is open by the last. */
  _runExclusiveTransaction<Result>(run: () => Promise<Result>): Promise<Result>
  /** Keeps out what is sent in transactions, and what others send by the protocol. */
  runExclusive<Result>(run: () => Promise<Result>): Promise<Result>
  execProtocol(message: Uint8Array, options: object): Promise<{ readonly messages: readonly Message[] }>
}

interface Message {
  readonly name: string
  /** Of a description, and then of its rows. */
  readonly fields?: readonly ({ readonly name: string } | string | null)[]
}

type Serialize = Readonly<Record<'parse' | 'bind' | 'describe' | 'execute' | 'sync', (options?: object) => Uint8Array>>

/** Longest time the application's transaction is waited for, and how often one that it began by hand is looked at. */
const MOST_WAIT_MS = 500
const LOOK_MS = 10

/**
 * Statements of nonplus over a PGlite of the application, which has one connection: between the application's own, each alone
 * or in a transaction that is rolled back, while both of its locks are held. It is never asked while the application has a
 * transaction open, since ending ours would end that one.
 *
 * @throws {Refused} `transaction-open`; or an error, where the database is closed.
 */
export async function pgliteConnection({
  database,
  serialize,
}: {
  readonly database: PgliteInstance
  readonly serialize: Serialize
}): Promise<SideConnection> {
  const turns = new Turns(database)
  const pause = pauses()
  const send = async (text: string, values: readonly unknown[]): Promise<readonly SideRow[]> => {
    await pause()
    const message = [
      serialize.parse({ text }),
      serialize.bind({ values: values.map(parameterText) }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
      serialize.sync(),
    ]
    // nothing of ours is to be kept
    return rowsOf((await database.execProtocol(Buffer.concat(message), { syncToFs: false })).messages)
  }
  const query: SideConnection['query'] = async (text, values = []) => {
    const isOver = /^rollback$/i.test(text)
    await turns.take()
    try {
      return await send(text, values)
    } finally {
      if (isOver || !turns.isInTransaction) turns.give()
    }
  }
  const [version] = await query("select pg_catalog.current_setting('server_version') as version")
  return {
    engine: 'postgres',
    serverVersion: String(version?.version ?? '').split(' ')[0] ?? '',
    isShared: true,
    query,
    async close() {
      if (!turns.isOurs) return
      try {
        if (turns.isInTransaction) await send('rollback', [])
      } catch {
        // it was closed before
      } finally {
        turns.give()
      }
    },
  }
}

function rowsOf(messages: readonly Message[]): readonly SideRow[] {
  const names = messages.find(({ name }) => name === 'rowDescription')?.fields ?? []
  const rows = messages.filter(({ name }) => name === 'dataRow')
  return rows.map(({ fields = [] }) =>
    Object.fromEntries(names.map((field, at) => [(field as { name: string }).name, fields[at]])),
  )
}

/** Whose turn it is to speak to the database. */
class Turns {
  readonly #database: PgliteInstance
  #giveBack: (() => void) | undefined

  constructor(database: PgliteInstance) {
    this.#database = database
  }

  get isOurs(): boolean {
    return this.#giveBack !== undefined
  }

  get isInTransaction(): boolean {
    // a database that is closed does not tell
    return !this.#database.closed && this.#database.isInTransaction()
  }

  /** Resolves when nobody else can send anything, and no transaction is open; at once where it is our turn already. */
  async take(): Promise<void> {
    if (this.isOurs) return
    const deadline = performance.now() + MOST_WAIT_MS
    for (;;) {
      if (this.#database.closed) throw new Error('the database is closed')
      const giveBack = await this.#lock(deadline - performance.now())
      if (giveBack !== undefined && !this.isInTransaction) {
        this.#giveBack = giveBack
        return
      }
      giveBack?.()
      if (performance.now() >= deadline) throw new Refused(refuse('transaction-open'))
      await sleep(LOOK_MS)
    }
  }

  give(): void {
    this.#giveBack?.()
    this.#giveBack = undefined
  }

  /** Takes both locks; undefined where that takes too long. */
  async #lock(withinMs: number): Promise<(() => void) | undefined> {
    let isLate = false
    const locked = new Promise<() => void>((resolve, reject) => {
      const hold = (): Promise<void> =>
        isLate ? Promise.resolve() : new Promise((giveBack) => resolve(() => giveBack(undefined)))
      this.#database._runExclusiveTransaction(() => this.#database.runExclusive(hold)).catch(reject)
    })
    const late = sleep(Math.max(0, withinMs)).then(() => {
      isLate = true
      return undefined
    })
    return Promise.race([locked, late])
  }
}

/** Does not keep the process alive. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
