import { startEmbeddedPostgres } from '../src/cli/embedded-postgres.ts'

/**
 * Vitest's global set-up: one PostgreSQL for the whole run, its URL in NONPLUS_TEST_POSTGRES_URL. Set that variable
 * yourself to use another server; the user in it must be allowed to create databases.
 *
 * @returns the tear-down.
 */
export default async function startPostgresForTests(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.NONPLUS_TEST_POSTGRES_URL) return undefined
  try {
    const server = await startEmbeddedPostgres()
    process.env.NONPLUS_TEST_POSTGRES_URL = server.url
    return async () => {
      delete process.env.NONPLUS_TEST_POSTGRES_URL
      await server.stop()
    }
  } catch (error) {
    process.stderr.write(
      `\n!! No PostgreSQL: every test that needs one will fail. Either install the embedded one (npm ci, as an ordinary ` +
        `user), or set NONPLUS_TEST_POSTGRES_URL to a server to use.\n!! ${(error as Error).message}\n\n`,
    )
    return undefined
  }
}
