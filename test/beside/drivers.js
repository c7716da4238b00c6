import { AsyncLocalStorage } from 'node:async_hooks'

/** The application's own storage: what it holds in each callback must be the same with and without us. */
const own = new AsyncLocalStorage()

/** node-postgres, in every form of call. */
export function pgDriver({ pg, Cursor, QueryStream }) {
  return {
    async open(url, max) {
      return new pg.Pool({ connectionString: url, max, idleTimeoutMillis: 0 })
    },
    async prepare(pool) {
      await pool.query('drop table if exists books')
      await pool.query('create table books (id int, author_id int)')
      await pool.query('insert into books select i, i % 10 from generate_series(1, 100) i')
      await Promise.all([pool.query('select pg_sleep(0.05)'), pool.query('select pg_sleep(0.05)')])
    },
    async handle(pool, number, authors) {
      const seen = []
      const authorsOf = `select ${number} as request, * from unnest($1::int[]) as author_id`
      const { rows } = await pool.query(authorsOf, [authors])
      for (const { author_id } of rows) {
        const books = await pool.query('select count(*)::int from books where author_id = $1 and id <> $2', [
          author_id,
          -number,
        ])
        seen.push(books.rows[0].count)
      }
      await Promise.all(rows.map(({ author_id }) => pool.query(`select ${author_id}, ${number} as together`)))
      seen.push(await callback(pool, number))
      seen.push(await transaction(pool, number))
      seen.push(await failing(pool, number))
      seen.push(await cursor(pool, number))
      seen.push(await stream(pool, number))
      return seen
    },
    async close(pool) {
      await pool.end()
    },
  }

  function callback(pool, number) {
    return own.run({ number }, () => {
      return new Promise((resolve, reject) => {
        pool.query(`select ${number} as callback`, (error, result) => {
          if (error) return reject(error)
          resolve([result.rows[0].callback, own.getStore()?.number ?? 'no store'])
        })
      })
    })
  }

  async function transaction(pool, number) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query({ text: `select ${number} as inside`, name: `inside ${number}` })
      await client.query('rollback')
      return rows[0].inside
    } finally {
      client.release()
    }
  }

  async function failing(pool, number) {
    try {
      return await pool.query(`select ${number} from missing_table`)
    } catch (error) {
      return `${error.code} ${error.message}`
    }
  }

  async function cursor(pool, number) {
    const client = await pool.connect()
    const opened = client.query(new Cursor(`select ${number} as cursor from generate_series(1, 5)`))
    const rows = await opened.read(2)
    await opened.close()
    client.release()
    return rows.length
  }

  async function stream(pool, number) {
    const client = await pool.connect()
    let count = 0
    for await (const _ of client.query(new QueryStream(`select ${number} as stream from generate_series(1, 7)`)))
      count++
    client.release()
    return count
  }
}

/** mysql2, in every form of call. */
export function mysql2Driver({ mysql, promises }) {
  return {
    async open(url, connectionLimit) {
      return {
        callbacks: mysql.createPool({ uri: url, connectionLimit }),
        pool: promises.createPool({ uri: url, connectionLimit }),
      }
    },
    async prepare({ pool, callbacks }) {
      await pool.query('drop table if exists books')
      await pool.query('create table books (id int, author_id int)')
      const values = Array.from({ length: 100 }, (_, index) => [index + 1, (index + 1) % 10])
      await pool.query('insert into books (id, author_id) values ?', [values])
      const both = [pool, callbacks.promise()].flatMap((each) => [
        each.query('do sleep(0.05)'),
        each.query('do sleep(0.05)'),
      ])
      await Promise.all(both)
    },
    async handle({ pool, callbacks }, number, authors) {
      const seen = []
      const [rows] = await pool.query(
        `select distinct ${number} as request, author_id from books where author_id in (?) order by author_id`,
        [authors],
      )
      for (const { author_id } of rows) {
        const [books] = await pool.query('select count(*) as n from books where author_id = ? and id <> ?', [
          author_id,
          -number,
        ])
        seen.push(books[0].n)
      }
      await Promise.all(
        rows.map(({ author_id }) => pool.execute('select ? as author, ? as together', [author_id, number])),
      )
      seen.push(await callback(callbacks, number))
      seen.push(await transaction(pool, number))
      seen.push(await failing(pool, number))
      seen.push(await stream(callbacks, number))
      return seen
    },
    async close({ pool, callbacks }) {
      await pool.end()
      await callbacks.promise().end()
    },
  }

  function callback(callbacks, number) {
    return own.run({ number }, () => {
      return new Promise((resolve, reject) => {
        callbacks.query(`select ${number} as callback`, (error, rows) => {
          if (error) return reject(error)
          resolve([rows[0].callback, own.getStore()?.number ?? 'no store'])
        })
      })
    })
  }

  async function transaction(pool, number) {
    const connection = await pool.getConnection()
    try {
      await connection.beginTransaction()
      const [rows] = await connection.execute('select ? as inside', [number])
      await connection.rollback()
      return rows[0].inside
    } finally {
      connection.release()
    }
  }

  async function failing(pool, number) {
    try {
      return await pool.query(`select ${number} from missing_table`)
    } catch (error) {
      return error.code
    }
  }

  async function stream(callbacks, number) {
    let count = 0
    const rows = callbacks.query(`select ${number} as stream from books limit 7`).stream()
    for await (const _ of rows) count++
    return count
  }
}
