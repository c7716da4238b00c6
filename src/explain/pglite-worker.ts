/**
 * What runs in the thread of PGlite, as text: a thread of a file of ours would need that file beside each build. It answers
 * one message after another: `{ id, method, args }` with `{ id, value }` or `{ id, error }`.
 */
export const PGLITE_WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const fs = require('node:fs')
const path = require('node:path')

const PAGE = 8192
const SEGMENT = 131072

async function open() {
  const { PGlite } = require(workerData.pglite)
  const extensions = {}
  for (const [name, file] of Object.entries(workerData.extensions)) {
    try { extensions[name] = require(file)[name] } catch {}
  }
  const database = await load(PGlite, extensions)
  for (const type of Object.keys(database.serializers)) database.serializers[type] = String
  for (const type of Object.keys(database.parsers)) database.parsers[type] = (text) => text
  return database
}

async function load(PGlite, extensions) {
  const { kept } = workerData
  if (kept !== undefined && fs.existsSync(kept)) {
    try { return await PGlite.create({ extensions, loadDataDir: new Blob([fs.readFileSync(kept)]) }) } catch {}
  }
  const database = await PGlite.create({ extensions })
  if (kept === undefined) return database
  try {
    const dump = await database.dumpDataDir('gzip')
    fs.mkdirSync(path.dirname(kept), { recursive: true })
    fs.writeFileSync(kept + '.' + process.pid, Buffer.from(await dump.arrayBuffer()))
    fs.renameSync(kept + '.' + process.pid, kept)
  } catch {}
  return database
}

// Files of PGlite are in memory. One whose length is set looks that long, and its contents stay what they are.
const real = new Map()
const methods = {
  async query(database, text, values) {
    return (await database.query(text, values)).rows
  },
  async exec(database, text) {
    return (await database.exec(text)).flatMap(({ rows }) => rows)
  },
  async pretend({ Module: { FS } }, files) {
    for (const { path, pages } of files) {
      const { node } = FS.lookupPath(path)
      if (real.has(path) || pages * PAGE <= node.usedBytes) continue
      const segments = []
      real.set(path, { bytes: node.usedBytes, segments })
      for (let from = 0; from < pages; from += SEGMENT) {
        const name = from === 0 ? path : path + '.' + from / SEGMENT
        if (from > 0) {
          FS.writeFile(name, new Uint8Array())
          segments.push(name)
        }
        FS.lookupPath(name).node.usedBytes = Math.min(pages - from, SEGMENT) * PAGE
      }
    }
  },
  async restore({ Module: { FS } }, files) {
    for (const { path } of files) {
      const before = real.get(path)
      if (before === undefined) continue
      real.delete(path)
      try {
        FS.lookupPath(path).node.usedBytes = before.bytes
        for (const name of before.segments) FS.unlink(name)
      } catch {}
    }
  },
}

let turn = open()
turn.catch(() => undefined)
parentPort.on('message', ({ id, method, args }) => {
  turn = turn.then(async (database) => {
    try {
      parentPort.postMessage({ id, value: await methods[method](database, ...args) })
    } catch (error) {
      parentPort.postMessage({ id, error: { message: String(error && error.message), code: error && error.code } })
    }
    return database
  })
  turn.catch((error) => parentPort.postMessage({ id, error: { message: String(error && error.message) } }))
})
`
