import { describeRunners } from './describe-runners.ts'
import { jestRunners } from './runners.ts'

describeRunners('Jest', jestRunners(false), jestRunners(true))
