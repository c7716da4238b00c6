// The same work in a forked process, a worker thread and two cluster workers; the main process does none.
import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const app = new URL('./esm.mjs', import.meta.url)
await once(fork(fileURLToPath(app)), 'exit')
await once(new Worker(app), 'exit')
cluster.setupPrimary({ exec: fileURLToPath(app) })
const workers = [cluster.fork(), cluster.fork()]
await Promise.all(workers.map((worker) => once(worker, 'exit')))
console.log('all done')
