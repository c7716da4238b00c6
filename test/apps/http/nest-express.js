import { ExpressAdapter } from '@nestjs/platform-express'
import { startNest } from './nest-app.js'

export const start = (check) => startNest(new ExpressAdapter(), check)
