import { defineConfig } from 'vitest/config'

// what sqlite-on-node.test.ts runs on other versions of Node; no server is needed
export default defineConfig({
  test: {
    include: ['test/instrument/node-sqlite.test.ts', 'test/instrument/better-sqlite3.test.ts'],
    testTimeout: 60_000,
  },
})
