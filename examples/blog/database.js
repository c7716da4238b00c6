'use strict'
// One query function over either driver, so that the same blog runs on PostgreSQL and on MySQL or MariaDB.

const url = process.env.DATABASE_URL ?? 'postgres://postgres@localhost:5432/postgres'

/** Warm before anything is measured, and smaller than what is asked of it at once. */
const poolSize = 4

exports.isMysql = /^(mysql|mariadb):/.test(url)

exports.query = exports.isMysql ? connectMysql() : connectPostgres()

function connectPostgres() {
  const { Pool } = require('pg')
  const pool = new Pool({ connectionString: url, max: poolSize })
  exports.close = () => pool.end()
  return async (text, values) => (await pool.query(text, values)).rows
}

function connectMysql() {
  const mysql = require('mysql2/promise')
  const pool = mysql.createPool({ uri: url.replace(/^mariadb:/, 'mysql:'), connectionLimit: poolSize })
  exports.close = () => pool.end()
  // the placeholders of PostgreSQL, numbered in order, are those of MySQL
  return async (text, values) => (await pool.query(text.replaceAll(/\$\d+/g, '?'), values))[0]
}
