import { pool } from './db.js'

export async function findUser(id) {
  const { rows } = await pool.query('select id, name, bio from users where id = $1', [id])
  return rows[0]
}

export async function findUsers(ids) {
  const { rows } = await pool.query('select id, name, bio from users where id = any($1)', [ids])
  return new Map(rows.map((user) => [user.id, user]))
}
