import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

/** A promise, as most handlers give. */
export async function promised({ limit }) {
  const { rows } = await pool.query('select id, author_id from posts order by id limit $1', [limit])
  const names = []
  for (const { author_id } of rows) names.push(await findName(author_id))
  return names
}

/** The callback of old. */
export function calledBack({ limit }, context, done) {
  // the pool keeps its connections
  context.callbackWaitsForEmptyEventLoop = false
  promised({ limit }).then((names) => done(null, names), done)
}

/** Fails after its first statement. */
export async function failing() {
  await pool.query('select id from posts')
  throw new RangeError('no such post')
}

async function findName(id) {
  const { rows } = await pool.query('select name from users where id = $1', [id])
  return rows[0].name
}
