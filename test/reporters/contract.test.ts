import { reporters } from '../../src/reporters/index.ts'
import { describeReporter } from './contract.ts'

for (const [name, reporter] of Object.entries(reporters)) describeReporter(name, reporter)
