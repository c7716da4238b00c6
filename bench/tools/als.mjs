import { AsyncLocalStorage } from 'node:async_hooks'

/** The floor of every tool that knows which request a statement belongs to. */
export function start() {
  const storage = new AsyncLocalStorage()
  return {
    scope: (name, run) => storage.run({ name }, run),
    flush: async () => {},
    counts: () => ({}),
  }
}
