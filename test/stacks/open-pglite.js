import { PGlite } from '@electric-sql/pglite'
import { ignore } from '../../dist/index.js'
import { tables } from './database.js'

let opening

/**
 * PGlite runs in the process and keeps its tables in memory. Making its cluster takes seconds, so a process has one, which
 * ends with it: only its first request finds it cold.
 */
export async function openPglite() {
  opening ??= create()
  return await opening
}

async function create() {
  const db = await PGlite.create()
  await ignore('tables of the stacks', () => db.exec(tables()))
  return db
}
