import { bullmq } from './bullmq.ts'
import { nodeCron } from './node-cron.ts'
import { pgBoss } from './pg-boss.ts'
import type { ScopeLibrary } from './scope-library.ts'
import { socketIo } from './socket-io.ts'
import { ws } from './ws.ts'

/** Libraries whose jobs and messages are scopes. Adding one is a file and a line here. */
export const scopeLibraries: readonly ScopeLibrary[] = [bullmq, nodeCron, pgBoss, socketIo, ws]
