/** mysql2, in every form of call. */
module.exports = (load, uri) => {
  const mysql = load('mysql2')
  const pool = load('mysql2/promise').createPool({ uri, connectionLimit: 2 })
  const calling = mysql.createPool({ uri, connectionLimit: 2 })

  return {
    async prepare() {
      await pool.query('create table books (id int, author_id int)')
      const values = Array.from({ length: 100 }, (_, index) => [index + 1, (index + 1) % 10])
      await pool.query('insert into books (id, author_id) values ?', [values])
      const both = [pool, calling.promise()].flatMap((each) => [
        each.query('do sleep(0.05)'),
        each.query('do sleep(0.05)'),
      ])
      await Promise.all(both)
    },
    async handle(n) {
      const [rows] = await pool.query(`select distinct author_id as r${n}_list from books where author_id < ?`, [4])
      for (const row of rows) {
        await pool.query(`select count(*) as r${n}_loop from books where author_id = ?`, [row[`r${n}_list`]])
      }
      await Promise.all(rows.map((_, i) => pool.execute(`select ? as r${n}_together`, [i])))
      await callbacks(n)
      await transaction(n)
      const failure = await pool.query(`select 'secret' as r${n}_failing from missing_table`).catch(({ code }) => code)
      return [rows.length, failure, await stream(n)]
    },
    async close() {
      await pool.end()
      await calling.promise().end()
    },
  }

  function callbacks(n) {
    return new Promise((resolve, reject) => {
      calling.query(`select 1 as r${n}_callback`, (error) => {
        if (error) return reject(error)
        globalThis.makeSpan?.(`r${n}_query`)
        calling.execute(`select 1 as r${n}_nested`, (inner) => {
          if (inner) return reject(inner)
          globalThis.makeSpan?.(`r${n}_nested`)
          calling.getConnection((refused, connection) => {
            if (refused) return reject(refused)
            globalThis.makeSpan?.(`r${n}_connection`)
            connection.query(`select 1 as r${n}_checkout`, (failed) => {
              globalThis.makeSpan?.(`r${n}_checkout`)
              connection.release()
              if (failed) return reject(failed)
              calling.execute(`select 1 as r${n}_refused from missing_table`, (wrong) => {
                globalThis.makeSpan?.(`r${n}_refused`)
                if (wrong) resolve()
                else reject(new Error('a missing table was read'))
              })
            })
          })
        })
      })
    })
  }

  async function transaction(n) {
    const connection = await pool.getConnection()
    try {
      await connection.beginTransaction()
      const statement = await connection.prepare(`select ? as r${n}_prepared`)
      await statement.execute(['secret'])
      await statement.close()
      await connection.rollback()
    } finally {
      connection.release()
    }
  }

  async function stream(n) {
    let count = 0
    for await (const _ of calling.query(`select 1 as r${n}_stream from books limit 7`).stream()) count++
    return count
  }
}
