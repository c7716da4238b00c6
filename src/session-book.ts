import { statementEnd, strayEnd, strayStart, subscribeGuarded } from './instrument/channel.ts'
import type { StatementMessage } from './instrument/message.ts'
import { onceInProcess } from './instrument/state.ts'
import { readSessionChanges, type SessionChange } from './session-changes.ts'

/** What a connection is set to, as statements that set it so. Never changed in place: executions keep it. */
type Settings = ReadonlyMap<string, string>

interface Session {
  settings: Settings
  /** Those that end with the transaction. */
  local: Settings
  /** What {@link settings} were when the transaction began; a rollback brings them back. */
  before: Settings | undefined
  /** {@link settings} and {@link local} in the order they were sent; made when it is first asked for. */
  texts: readonly string[] | undefined
}

/** Settings of one connection. */
const MAX_SETTINGS = 50

/** Connections that are told apart; the first are forgotten where there are more. */
const MAX_CONNECTIONS = 1_000

const NONE: Settings = new Map()

/** Follows what each connection is set to: `SET`, `set_config`, `SET ROLE`, `USE`, with transactions and rollbacks. */
class SessionBook {
  readonly #sessions = new Map<number, Session>()
  readonly #seen = new WeakMap<StatementMessage, readonly string[]>()

  /** Notes a statement that has ended: those before it on its connection have, too. */
  note(message: StatementMessage): void {
    const { connection, text, parameters, error } = message
    if (connection === 0) return
    const session = this.#sessions.get(connection)
    if (session !== undefined) this.#keep(message, session)
    if (error !== undefined) return
    const changes = readSessionChanges(text, parameters)
    if (changes.length === 0) return
    const changed = session ?? this.#open(connection)
    for (const change of changes) apply(changed, change)
    changed.texts = undefined
  }

  /** Statements that set the connection as it was when this one ran, in order. */
  sessionOf(message: StatementMessage): readonly string[] {
    return this.#seen.get(message) ?? []
  }

  #keep(message: StatementMessage, session: Session): void {
    session.texts ??= [...session.settings.values(), ...session.local.values()]
    if (session.texts.length > 0) this.#seen.set(message, session.texts)
  }

  #open(connection: number): Session {
    if (this.#sessions.size >= MAX_CONNECTIONS) this.#sessions.delete(this.#sessions.keys().next().value as number)
    const session: Session = { settings: NONE, local: NONE, before: undefined, texts: undefined }
    this.#sessions.set(connection, session)
    return session
  }
}

function apply(session: Session, change: SessionChange): void {
  if (change.type === 'begin') session.before ??= session.settings
  else if (change.type === 'set' && change.isLocal) session.local = withSetting(session.local, change)
  else if (change.type === 'set') session.settings = withSetting(session.settings, change)
  else if (change.type === 'reset') session.settings = without(session.settings, change.name)
  else {
    if (change.type === 'rollback') session.settings = session.before ?? session.settings
    session.before = undefined
    session.local = NONE
  }
}

function withSetting(settings: Settings, { name, text }: { readonly name: string; readonly text: string }): Settings {
  const changed = new Map(settings)
  changed.delete(name)
  if (changed.size < MAX_SETTINGS) changed.set(name, text)
  return changed
}

function without(settings: Settings, name: string | undefined): Settings {
  if (name === undefined) return NONE
  const changed = new Map(settings)
  changed.delete(name)
  return changed
}

/** The one book of this process; it begins with the first call, and sees what is sent outside any scope, too. */
export function sessionBook(): SessionBook {
  return onceInProcess('session book', () => {
    const book = new SessionBook()
    const note = (message: StatementMessage): void => book.note(message)
    subscribeGuarded(statementEnd, note)
    // what a pool sets on a new connection is sent outside any scope, and heard only while somebody follows it
    subscribeGuarded(strayStart, () => {})
    subscribeGuarded(strayEnd, note)
    return book
  })
}
