import type { TdsAnswer, TdsQuestion } from '../tds-peer.ts'

const POSTS = Array.from({ length: 8 }, (_, index) => [index + 1, (index + 1) * 11] as const)

/** What the scripted peer answers in the tests of tedious and mssql: authors by id, posts, an error, what was sent. */
export function tdsScript(question: TdsQuestion): TdsAnswer {
  const { text, parameters } = question
  const value = Number(Object.entries(parameters).find(([name]) => name !== 'handle' && name !== '')?.[1] ?? 0)
  if (text.includes('nothing_here')) return { error: { number: 208, message: "Invalid object name 'nothing_here'." } }
  if (text === 'sp_prepare') return { outputs: { handle: 7 } }
  if (text === 'sp_unprepare') return {}
  if (text.startsWith('waitfor')) return { affected: 0, delayMs: 60 }
  if (/^(begin|commit|rollback|save)$/.test(text)) return {}
  if (text.startsWith('insert bulk')) return {}
  if (text === 'bulk') return { affected: 2 }
  if (text.startsWith('update')) return { affected: 5 }
  if (text.startsWith('select id, author_id')) return { columns: ['id', 'author_id'], rows: POSTS }
  if (text.includes('as request')) return { columns: ['request'], rows: [[value]] }
  return { columns: ['id', 'name'], rows: [[value, `author ${value}`]] }
}
