import { createSecureServer } from 'node:http2'
import { startKoa } from './koa-app.js'
import { tls } from './tls.js'

export const start = (check) =>
  startKoa(check, (listener) => createSecureServer({ ...tls(), allowHTTP1: true }, listener))
