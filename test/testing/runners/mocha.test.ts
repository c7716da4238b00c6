import { describeRunners } from './describe-runners.ts'
import { mochaRunners } from './runners.ts'

describeRunners('mocha', mochaRunners([6]), mochaRunners([4, 5]))
