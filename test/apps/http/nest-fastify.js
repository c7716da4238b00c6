import { FastifyAdapter } from '@nestjs/platform-fastify'
import { startNest } from './nest-app.js'

export const start = (check) => startNest(new FastifyAdapter(), check)
