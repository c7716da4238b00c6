import { createRequire } from 'node:module'

const require = createRequire(new URL('../native-sqlite/index.js', import.meta.url))

/**
 * A driver of test/native-sqlite, which has native code and so a folder of its own; one that is missing is told on
 * standard error, because its tests do not run.
 */
export function loadNativeSqlite<Driver>(name: string): Driver | undefined {
  try {
    return require(name) as Driver
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n')
    process.stderr.write(`\n!! ${name} is not tested: ${reason}. npm ci --prefix test/native-sqlite\n\n`)
    return undefined
  }
}
