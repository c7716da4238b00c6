// A task of node-cron, which is imported before the profiler is created: what an `import` line does.
import cron from 'node-cron'
import { createProfiler } from 'nonplus'
import posts from './posts.cjs'

const scopes = []
createProfiler().onScope(({ scope }) => scopes.push(`${scope.kind} ${scope.name}: ${scope.queries.count}`))
await posts.warmUp()
await cron.createTask('0 0 1 1 *', () => posts.listPosts(2), { name: 'by hand' }).execute()
await posts.pool.end()
console.log(JSON.stringify(scopes))
