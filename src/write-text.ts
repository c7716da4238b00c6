import { writeSync } from 'node:fs'

/** How long a reader that does not read is waited for. */
const PATIENCE_MS = 5_000
const PAUSE_MS = 5

/**
 * Writes all of a text at once, to standard output (1) or standard error (2).
 *
 * Not through the stream: where nobody reads any more (`… | head`), a stream emits an error that ends the host, even
 * behind a console; here the text is lost, and that is all. And the text is out when this returns, also right before
 * the process dies.
 */
export function writeText(file: 1 | 2, text: string): void {
  const stream = file === 1 ? process.stdout : process.stderr
  // PM2's cluster mode writes its logs there, and has nothing behind the descriptor
  if (process.env.pm_id !== undefined && Object.hasOwn(stream, 'write')) {
    stream.write(text)
    return
  }
  let rest: Buffer = Buffer.from(text)
  const deadline = performance.now() + PATIENCE_MS
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) return
      // a full pipe, which Node has set not to block
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}
