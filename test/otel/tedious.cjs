/** mssql, on a warm pool of two connections of tedious. */
module.exports = (load, address) => {
  const sql = load('mssql')
  const [server, port] = address.split(':')
  const pool = new sql.ConnectionPool({
    server,
    port: Number(port),
    database: 'shop',
    user: 'someone',
    password: 'something',
    options: { encrypt: false, trustServerCertificate: true },
    pool: { min: 2, max: 2 },
  })
  const ask = (text, id) => pool.request().input('id', sql.Int, id).query(text)

  return {
    async prepare() {
      await pool.connect()
      await Promise.all([pool.query('waitfor'), pool.query('waitfor')])
    },
    async handle(n) {
      const { recordset: rows } = await ask(`select id, author_id from r${n}_list where id < @id`, 9)
      for (const { author_id } of rows) await ask(`select name from r${n}_loop where id = @id`, author_id)
      await Promise.all(rows.map((_, index) => ask(`select name from r${n}_together where id = @id`, index)))
      await callback(n)
      await transaction(n)
      const failure = await ask(`select name from r${n}_failing where id = @id`, 1).catch(({ number }) => number)
      return [rows.length, failure]
    },
    // a pool that is closed has no numbers any more; the process exits
    close() {},
  }

  function callback(n) {
    return new Promise((resolve, reject) => {
      pool.request().query(`select name from r${n}_callback`, (error) => {
        globalThis.makeSpan?.(`r${n}_query`)
        if (error) reject(error)
        else resolve()
      })
    })
  }

  async function transaction(n) {
    const transaction = new sql.Transaction(pool)
    await transaction.begin()
    await new sql.Request(transaction).query(`select name from r${n}_inside where note = 'secret'`)
    await transaction.rollback()
  }
}
