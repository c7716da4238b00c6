import { createServer } from 'node:http2'
import { startKoa } from './koa-app.js'

export const start = (check) => startKoa(check, createServer)
