import { existsSync } from 'node:fs'
import { startEmbeddedPostgres } from '../src/cli/embedded-postgres.ts'

/** What to do where there is no PostgreSQL 15. */
export const HOW_TO_GET_POSTGRES_15 =
  'install it (Debian 12: apt-get install postgresql-15 postgresql-15-hypopg), which is started privately then, or set ' +
  'NONPLUS_TEST_POSTGRES15_URL to one whose user is a superuser'

const INSTALLED = '/usr/lib/postgresql/15'

/**
 * A PostgreSQL 15: the one in NONPLUS_TEST_POSTGRES15_URL, else the one that Debian's packages install, started on a free
 * port with a folder of its own, and never as root. Undefined where there is none, which is told on standard error, because
 * what needs it is skipped.
 */
export async function postgres15Server(): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  const url = process.env.NONPLUS_TEST_POSTGRES15_URL
  if (url) return { url, stop: async () => undefined }
  try {
    if (!existsSync(INSTALLED)) throw new Error(`${INSTALLED} is not there.`)
    return await startEmbeddedPostgres({ native: INSTALLED })
  } catch (error) {
    process.stderr.write(
      `\n!! No PostgreSQL 15: what needs it is SKIPPED. To have it, ${HOW_TO_GET_POSTGRES_15}.\n` +
        `!! ${(error as Error).message}\n\n`,
    )
    return undefined
  }
}
