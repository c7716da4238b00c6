import { createServer } from 'node:http'
import { startKoa } from './koa-app.js'

export const start = (check) => startKoa(check, createServer)
