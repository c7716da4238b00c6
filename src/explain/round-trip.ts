import type { SideConnection } from '../model/side-connection.ts'

/** Of several, the middle one is as much held up by what else the machine does as a statement mostly is. */
const TIMES = 9

const known = new WeakMap<SideConnection, Promise<number | undefined>>()

/**
 * Milliseconds to the server and back: the median of a few statements that read nothing; in SQLite the time of a call.
 * Measured once per connection; undefined where it does not answer.
 */
export function roundTripMs(connection: SideConnection): Promise<number | undefined> {
  let measured = known.get(connection)
  if (measured === undefined) {
    measured = measure(connection).catch(() => undefined)
    known.set(connection, measured)
  }
  return measured
}

async function measure(connection: SideConnection): Promise<number> {
  const times: number[] = []
  for (let time = 0; time < TIMES; time++) {
    const start = performance.now()
    await connection.query('select 1')
    times.push(performance.now() - start)
  }
  const middle = times.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? 0
  return Math.round(middle * 1_000) / 1_000
}
