import { createRequire } from 'node:module'

const requires = ['../native-sqlite/index.js', './index.js'].map((path) =>
  createRequire(new URL(path, import.meta.url)),
)

/** A driver that is handed to an ORM; those with native code are in a folder of their own. */
export function loadDriver(name) {
  for (const require of requires) {
    try {
      return require(name)
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new Error(`${name} is not installed.`)
}
