import { createServer } from 'node:https'
import { startKoa } from './koa-app.js'
import { tls } from './tls.js'

export const start = (check) => startKoa(check, (listener) => createServer(tls(), listener))
