/** node-postgres, in every form of call. */
module.exports = (load, connectionString) => {
  const pg = load('pg')
  const Cursor = load('pg-cursor')
  const QueryStream = load('pg-query-stream')
  const pool = new pg.Pool({ connectionString, max: 2, idleTimeoutMillis: 0 })

  return {
    async prepare() {
      await pool.query('create table books (id int, author_id int)')
      await pool.query('insert into books select i, i % 10 from generate_series(1, 100) i')
      await Promise.all([pool.query('select pg_sleep(0.05)'), pool.query('select pg_sleep(0.05)')])
    },
    async handle(n) {
      const { rows } = await pool.query(`select distinct author_id as r${n}_list from books where author_id < $1`, [4])
      for (const row of rows) {
        await pool.query(`select count(*) as r${n}_loop from books where author_id = $1`, [row[`r${n}_list`]])
      }
      await Promise.all(rows.map((_, i) => pool.query(`select ${i} as r${n}_together`)))
      await callbacks(n)
      await transaction(n)
      const failure = await pool.query(`select 'secret' as r${n}_failing from missing_table`).catch(({ code }) => code)
      return [rows.length, failure, await cursor(n), await stream(n)]
    },
    close: () => pool.end(),
  }

  function callbacks(n) {
    return new Promise((resolve, reject) => {
      pool.query(`select 1 as r${n}_callback`, (error) => {
        if (error) return reject(error)
        globalThis.makeSpan?.(`r${n}_query`)
        pool.query(`select 1 as r${n}_nested`, (inner) => {
          if (inner) return reject(inner)
          globalThis.makeSpan?.(`r${n}_nested`)
          pool.connect((refused, client, release) => {
            if (refused) return reject(refused)
            globalThis.makeSpan?.(`r${n}_connection`)
            client.query(`select 1 as r${n}_checkout`, (failed) => {
              globalThis.makeSpan?.(`r${n}_checkout`)
              release()
              if (failed) reject(failed)
              else resolve()
            })
          })
        })
      })
    })
  }

  async function transaction(n) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query({ text: `select $1::text as r${n}_prepared`, name: `prepared ${n}`, values: ['secret'] })
      await client.query('rollback')
    } finally {
      client.release()
    }
  }

  async function cursor(n) {
    const client = await pool.connect()
    const opened = client.query(new Cursor(`select 1 as r${n}_cursor from generate_series(1, 5)`))
    const rows = await opened.read(2)
    await opened.close()
    client.release()
    return rows.length
  }

  async function stream(n) {
    const client = await pool.connect()
    let count = 0
    for await (const _ of client.query(new QueryStream(`select 1 as r${n}_stream from generate_series(1, 7)`))) count++
    client.release()
    return count
  }
}
