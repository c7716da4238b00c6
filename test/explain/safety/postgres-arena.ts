import pg from 'pg'
import { pgConnection } from '../../../src/explain/pg-connection.ts'
import type { Arena, Attempt } from './arena.ts'
import { READER, SETUP } from './postgres-attempts.ts'

const HANG_MS = 500

/** A database of its own on a server, with two more sessions: one that watches, and one that others may kill. */
export async function postgresArena(serverUrl: string): Promise<Arena> {
  const admin = await connected(serverUrl)
  const name = `nonplus_safety_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  await admin.query(`create database ${name}`)
  await admin.query(`do $$ begin create role ${READER}; exception when duplicate_object then null; end $$`)
  const url = new URL(serverUrl)
  url.pathname = name
  const eyes = await connected(url.href)
  const holder = await connected(url.href)
  let victim = await victimOf(url.href)
  const client = await connected(url.href)
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const side = await pgConnection(client)

  const setUp = async (): Promise<void> => {
    await holder.query('rollback')
    await eyes.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and datname = $2',
      ['nonplus by hand', name],
    )
    await eyes.query(`drop schema public cascade; create schema public; grant usage on schema public to ${READER}`)
    await eyes.query('select lo_unlink(oid) from pg_largeobject_metadata')
    await eyes.query("copy (select 1) to program 'cat > /dev/null; rm -f /tmp/nonplus_safety_$(id -u)*'")
    await eyes.query(SETUP)
    await holder.query('begin; lock table held in access exclusive mode')
    await victim.end().catch(() => undefined)
    victim = await victimOf(url.href)
  }
  await setUp()

  return {
    dialect: 'postgresql',
    side,
    state: () => stateOf(eyes),
    held: () => heldBy(eyes, Number(rows[0].pid)),
    byHand: (attempt, mode) => byHand(url.href, eyes, attempt, mode),
    reset: setUp,
    async close() {
      await side.close()
      for (const one of [eyes, holder, victim]) await one.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.query(`drop role ${READER}`).catch(() => undefined) // another run may need it
      await admin.end()
    },
  }
}

async function connected(url: string, name?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...(name === undefined ? {} : { application_name: name }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const victimOf = (url: string): Promise<pg.Client> => connected(url, 'nonplus victim')

/** Rows of all tables but the one that is locked, sequences, relations, large objects, files, sessions, advisory locks. */
async function stateOf(eyes: pg.Client): Promise<string> {
  const { rows: tables } = await eyes.query(
    "select relname, relkind from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') and relname <> 'held' order by 1",
  )
  const contents = tables.map(({ relname, relkind }) =>
    relkind === 'S'
      ? `select '${relname}' as part, last_value || ' ' || is_called as sum from "${relname}"`
      : `select '${relname}' as part, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from "${relname}" t`,
  )
  const others = [
    `select 'relations', string_agg(relname, ',' order by relname) from pg_class where relnamespace = 'public'::regnamespace`,
    `select 'large objects', count(*)::text from pg_largeobject_metadata`,
    `select 'files', count(*)::text from pg_ls_dir('/tmp') f where f like 'nonplus_safety_%'`,
    `select 'victims', count(*)::text from pg_stat_activity where application_name = 'nonplus victim' and datname = current_database()`,
    `select 'advisory locks', count(*)::text from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  ]
  const { rows } = await eyes.query([...contents, ...others].join(' union all '))
  return rows.map(({ part, sum }) => `${part}: ${sum}`).join('\n')
}

async function heldBy(eyes: pg.Client, pid: number): Promise<string> {
  const { rows } = await eyes.query(
    "select locktype || ' ' || mode as lock from pg_locks where pid = $1 and locktype in ('advisory', 'tuple', 'transactionid')",
    [pid],
  )
  await eyes.query('begin')
  const free = await eyes
    .query('select count(*) from (select 1 from items for update nowait) q')
    .then(() => [])
    .catch((error) => [`rows of items (${error.code})`])
  await eyes.query('rollback')
  return [...rows.map(({ lock }) => lock), ...free].join(', ')
}

async function byHand(url: string, eyes: pg.Client, attempt: Attempt, mode: 'plan' | 'analyze') {
  const client = await connected(url, 'nonplus by hand')
  let hasHung = false
  const watchdog = setTimeout(() => {
    hasHung = true
    void eyes.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nonplus by hand' and datname = current_database()",
    )
  }, HANG_MS * 3)
  try {
    await client.query(`set statement_timeout = ${HANG_MS}`)
    await client.query('prepare prepared_before as select write_volatile()').catch(() => undefined)
    for (const text of attempt.session ?? []) await client.query(text)
    const { rows } = await client.query('select pg_backend_pid() as pid')
    await client.query('begin')
    // by the simple protocol, as tools do that put a word before a text; values as literals
    const text = attempt.text.replaceAll(/\$\d+\b/g, () => String(attempt.values?.[0] ?? 5))
    await client.query(`explain ${mode === 'analyze' ? '(analyze) ' : ''}${text}`)
    return (await heldBy(eyes, rows[0].pid)).replace(/transactionid \w+,? ?/, '') === '' ? 'answers' : 'locks'
  } catch (error) {
    const { code } = error as { code?: string }
    return hasHung || code === '57014' || code === '55P03' ? 'hangs' : 'fails'
  } finally {
    clearTimeout(watchdog)
    await client.query('commit').catch(() => undefined)
    await client.end().catch(() => undefined)
  }
}
