import type { Database } from './database.ts'

export async function readTheme(db: Database): Promise<string> {
  const settings = await db.query('select * from settings where site = $1', ['blog'])
  return settings.rows[0]?.title ?? 'plain'
}

export async function readLanguage(db: Database): Promise<string> {
  const settings = await db.query('select * from settings where site = $1', ['blog'])
  return settings.rows[0]?.title ?? 'en'
}
