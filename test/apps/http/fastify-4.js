import Fastify from 'fastify-4'
import { startFastify } from './fastify-app.js'

export const start = (check) => startFastify(Fastify, check)
