import { readFile } from 'node:fs/promises'
import { pool } from './db.js'

const names = [
  ...['Ada', 'Barbara', 'Claude', 'Donald', 'Edsger', 'Frances', 'Grace', 'Hedy', 'Ida', 'Jean'],
  ...['Karen', 'Leslie', 'Margaret', 'Niklaus', 'Ole', 'Peter', 'Radia', 'Sophie', 'Tony', 'Ursula'],
]
const postCount = 50

await pool.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'))
await pool.query(
  `insert into users (name, bio, post_count)
   select name, 'Writes about ' || lower(name) || '''s garden', 0 from unnest($1::text[]) as name`,
  [names],
)
// The numbers 7, 3 and 11 only stir the authors: neighbours in a list have different ones, and all of them occur.
await pool.query(
  `insert into posts (author_id, title, body, published_at)
   select 1 + n * 7 % $2, 'Garden notes, part ' || n, 'It rained.', timestamptz '2026-01-01' + n * interval '1 day'
   from generate_series(1, $1) as n`,
  [postCount, names.length],
)
await pool.query(
  `insert into comments (post_id, author_id, body)
   select post.id, 1 + (post.id + n * 3) % $1, 'Comment ' || n
   from posts as post, generate_series(1, 4 + post.id % 5) as n order by post.id, n`,
  [names.length],
)
await pool.query(
  `insert into reactions (comment_id, user_id, emoji)
   select comment.id, 1 + (comment.id + n * 11) % $1, (array['👍', '🌱', '🐌'])[n]
   from comments as comment, generate_series(1, 1 + comment.id % 3) as n order by comment.id, n`,
  [names.length],
)
await pool.query('update users set post_count = (select count(*) from posts where author_id = users.id)')
await pool.query(`insert into settings values ('site.title', 'Garden notes'), ('site.locale', 'en')`)
await pool.query('analyze')
await pool.end()

console.log(`seeded ${postCount} posts by ${names.length} authors`)
