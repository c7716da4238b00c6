import { describeRunners } from './describe-runners.ts'
import { nodeTestRunners } from './runners.ts'

describeRunners('node:test', nodeTestRunners(), [])
