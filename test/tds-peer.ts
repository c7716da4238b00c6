import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A scripted peer for the clients of Microsoft SQL Server. NOT a server: it speaks as much of the protocol (TDS 7.4,
 * without encryption) as it takes for the real client to log in over TCP, send its requests and get rows back; what it
 * answers is written in the test. There is no SQL in here.
 */
export interface TdsPeer {
  readonly port: number
  /** Requests in the order they came, for a test that wants to see what was sent. */
  readonly received: readonly TdsQuestion[]
  stop(): Promise<void>
}

/** A request as the client sent it. */
export interface TdsQuestion {
  /** Text of a batch or of `sp_executesql`; name of another procedure; `begin`, `commit`, `rollback`, `save`; `bulk`. */
  readonly text: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** What the peer sends back. */
export interface TdsAnswer {
  readonly columns?: readonly string[]
  /** Cells are whole numbers, texts or null; the first row decides on the type of a column. */
  readonly rows?: readonly (readonly (number | string | null)[])[]
  readonly affected?: number
  readonly error?: { readonly number: number; readonly message: string }
  /** Output parameters. */
  readonly outputs?: Readonly<Record<string, number>>
  readonly delayMs?: number
}

type Script = (question: TdsQuestion) => TdsAnswer

const [SQL_BATCH, RPC, RESPONSE, ATTENTION, BULK] = [0x01, 0x03, 0x04, 0x06, 0x07]
const [TRANSACTION, LOGIN, PRELOGIN] = [0x0e, 0x10, 0x12]
const PROCEDURES: Record<number, string> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  15: 'sp_unprepare',
}
const TRANSACTIONS: Record<number, string> = { 5: 'begin', 7: 'commit', 8: 'rollback', 9: 'save' }
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])
const [DONE, DONE_PROC, DONE_IN_PROC] = [0xfd, 0xfe, 0xff]

/** Listens on a free port of the loopback interface. */
export async function startTdsPeer(script: Script): Promise<TdsPeer> {
  const received: TdsQuestion[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    serve(socket, script, received)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(socket: Socket, script: Script, received: TdsQuestion[]): void {
  let buffered = Buffer.alloc(0)
  let message: Buffer[] = []
  let isLoggedIn = false
  let last: Promise<void> = Promise.resolve()
  const answer = async (type: number, payload: Buffer): Promise<void> => {
    if (type === ATTENTION) send(socket, done(DONE, 0x20))
    else if (type === PRELOGIN) send(socket, preloginAnswer())
    else if (type === LOGIN) send(socket, Buffer.concat([loginAck(), done(DONE, 0)]))
    else if (type === SQL_BATCH && !isLoggedIn) {
      isLoggedIn = true // the settings of the session
      send(socket, done(DONE, 0))
    } else {
      const question = read(type, payload)
      received.push(question)
      const reply = script(question)
      await sleep(reply.delayMs ?? 1)
      if (!socket.destroyed) send(socket, encode(type, question, reply))
    }
  }
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 8 && buffered.length >= buffered.readUInt16BE(2)) {
      const length = buffered.readUInt16BE(2)
      const [type, status] = [buffered[0] as number, buffered[1] as number]
      message.push(buffered.subarray(8, length))
      buffered = buffered.subarray(length)
      if ((status & 1) === 0) continue
      const payload = Buffer.concat(message)
      message = []
      const isIgnored = (status & 2) !== 0
      last = last.then(() => (isIgnored ? send(socket, done(DONE, 2)) : answer(type, payload)))
    }
  })
}

function send(socket: Socket, payload: Buffer): void {
  const size = 4_000
  for (let at = 0, id = 1; at < payload.length || at === 0; at += size, id++) {
    const part = payload.subarray(at, at + size)
    const isLast = at + size >= payload.length
    const header = Buffer.from([RESPONSE, isLast ? 1 : 0, 0, 0, 0, 0, id & 0xff, 0])
    header.writeUInt16BE(part.length + 8, 2)
    socket.write(Buffer.concat([header, part]))
  }
}

function preloginAnswer(): Buffer {
  const options = Buffer.from([0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff])
  const encryptionNotSupported = 2
  return Buffer.concat([options, Buffer.from([16, 0, 0, 0, 0, 0, encryptionNotSupported])])
}

function loginAck(): Buffer {
  const body = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), shortText('Scripted peer'), Buffer.from([16, 0, 0, 0])])
  return Buffer.concat([Buffer.from([0xad]), uint16(body.length), body])
}

function read(type: number, payload: Buffer): TdsQuestion {
  if (type === BULK) return { text: 'bulk', parameters: {} }
  const body = payload.subarray(payload.readUInt32LE(0))
  if (type === SQL_BATCH) return { text: body.toString('utf16le'), parameters: {} }
  if (type === TRANSACTION) return { text: TRANSACTIONS[body.readUInt16LE(0)] ?? 'unknown', parameters: {} }
  if (type !== RPC) throw new Error(`The scripted peer knows no message of type ${type}.`)
  return readProcedure(body)
}

function readProcedure(body: Buffer): TdsQuestion {
  const nameLength = body.readUInt16LE(0)
  const isNumbered = nameLength === 0xffff
  const name = isNumbered
    ? (PROCEDURES[body.readUInt16LE(2)] ?? 'unknown')
    : body.subarray(2, 2 + nameLength * 2).toString('utf16le')
  const entries: [string, unknown][] = []
  let at = (isNumbered ? 4 : 2 + nameLength * 2) + 2
  while (at < body.length) {
    const length = body[at] as number
    const parameter = body.subarray(at + 1, at + 1 + length * 2).toString('utf16le')
    at += 2 + length * 2 // the name and a byte of flags
    const { value, end } = readValue(body, at)
    entries.push([parameter.replace('@', ''), value])
    at = end
  }
  const parameters = Object.fromEntries(entries)
  if (name !== 'sp_executesql') return { text: name, parameters }
  const { statement, params: _, ...rest } = parameters
  return { text: String(statement), parameters: rest }
}

function readValue(body: Buffer, start: number): { value: unknown; end: number } {
  const type = body[start]
  if (type === 0x26) {
    const length = body[start + 2] as number
    return { value: length === 0 ? null : body.readIntLE(start + 3, length), end: start + 3 + length }
  }
  if (type !== 0xe7) throw new Error(`The scripted peer knows no type ${type?.toString(16)}.`)
  if (body.readUInt16LE(start + 1) !== 0xffff) {
    const length = body.readUInt16LE(start + 8)
    const isNull = length === 0xffff
    const end = start + 10 + (isNull ? 0 : length)
    return { value: isNull ? null : body.subarray(start + 10, end).toString('utf16le'), end }
  }
  const chunks: Buffer[] = []
  let at = start + 16
  for (let length = body.readUInt32LE(at); length > 0; length = body.readUInt32LE(at)) {
    chunks.push(body.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { value: Buffer.concat(chunks).toString('utf16le'), end: at + 4 }
}

function encode(type: number, { text }: TdsQuestion, answer: TdsAnswer): Buffer {
  const isProcedure = type === RPC
  if (answer.error !== undefined) {
    return Buffer.concat([errorToken(answer.error), done(isProcedure ? DONE_PROC : DONE, 2)])
  }
  const parts: Buffer[] = []
  const { columns, rows = [], outputs = {} } = answer
  if (type === TRANSACTION) parts.push(transactionToken(text))
  if (columns !== undefined) {
    parts.push(columnTokens(columns, rows[0] ?? []))
    for (const row of rows) parts.push(rowToken(row))
  }
  const count = columns === undefined ? answer.affected : rows.length
  const hasCount = count === undefined ? 0 : 0x10
  if (!isProcedure) return Buffer.concat([...parts, done(DONE, hasCount, count)])
  parts.push(done(DONE_IN_PROC, hasCount | 1, count), Buffer.from([0x79, 0, 0, 0, 0]))
  for (const [name, value] of Object.entries(outputs)) parts.push(outputToken(name, value))
  return Buffer.concat([...parts, done(DONE_PROC, 0)])
}

function done(token: number, status: number, count = 0): Buffer {
  const buffer = Buffer.alloc(13)
  buffer[0] = token
  buffer.writeUInt16LE(status, 1)
  buffer.writeUInt16LE(0xc1, 3)
  buffer.writeBigUInt64LE(BigInt(count), 5)
  return buffer
}

function errorToken({ number, message }: { readonly number: number; readonly message: string }): Buffer {
  const head = Buffer.alloc(6)
  head.writeInt32LE(number, 0)
  head[4] = 1
  head[5] = 16
  const text = Buffer.from(message, 'utf16le')
  const body = Buffer.concat([
    head,
    uint16(message.length),
    text,
    shortText('peer'),
    shortText(''),
    Buffer.from([1, 0, 0, 0]),
  ])
  return Buffer.concat([Buffer.from([0xaa]), uint16(body.length), body])
}

function transactionToken(text: string): Buffer {
  if (text === 'save') return Buffer.alloc(0)
  const id = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  const body =
    text === 'begin'
      ? Buffer.concat([Buffer.from([8, 8]), id, Buffer.from([0])])
      : Buffer.concat([Buffer.from([text === 'commit' ? 9 : 10, 0, 8]), id])
  return Buffer.concat([Buffer.from([0xe3]), uint16(body.length), body])
}

const INT = Buffer.from([0x26, 4])
const TEXT = Buffer.concat([Buffer.from([0xe7, 0x40, 0x1f]), COLLATION])

function columnTokens(names: readonly string[], sample: readonly unknown[]): Buffer {
  const columns = names.map((name, index) =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, 9, 0]), typeof sample[index] === 'number' ? INT : TEXT, shortText(name)]),
  )
  return Buffer.concat([Buffer.from([0x81]), uint16(names.length), ...columns])
}

function rowToken(row: readonly (number | string | null)[]): Buffer {
  const cells = row.map((cell) => {
    if (typeof cell === 'number') return Buffer.concat([Buffer.from([4]), int32(cell)])
    if (cell === null) return uint16(0xffff)
    const text = Buffer.from(cell, 'utf16le')
    return Buffer.concat([uint16(text.length), text])
  })
  return Buffer.concat([Buffer.from([0xd1]), ...cells])
}

function outputToken(name: string, value: number): Buffer {
  const head = Buffer.concat([uint16(0), shortText(`@${name}`), Buffer.from([1, 0, 0, 0, 0, 9, 0])])
  return Buffer.concat([Buffer.from([0xac]), head, INT, Buffer.from([4]), int32(value)])
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')])
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32LE(value)
  return buffer
}
