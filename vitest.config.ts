import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // on two cores Vitest takes one file at a time, most of which wait for servers and programs that they start
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/postgres-server.ts', 'test/mysql-server.ts'],
  },
})
