import Fastify from 'fastify'
import { startFastify } from './fastify-app.js'

export const start = (check) => startFastify(Fastify, check)
