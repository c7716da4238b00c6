import FakeTimers from '@sinonjs/fake-timers'
import { expect } from 'chai'
import 'nonplus/chai'

// mocha makes them anew for each file, to know the file of a test
export const afterAll = (run) => globalThis.after(run)
export const beforeAll = (run) => globalThis.before(run)
export const beforeEach = (run) => globalThis.beforeEach(run)
export const describe = (name, define) => globalThis.describe(name, define)
export const test = (name, run) => globalThis.it(name, run)
export { expect }

let clock

/** What this runner has, in one form for all. */
export const runner = {
  retried: (name, run) => test(name, run).retries(2),
  useFakeTimers: () => {
    // drivers wait for the queues of Node
    clock = FakeTimers.install({ toFake: ['setTimeout', 'setInterval', 'Date', 'performance', 'hrtime'] })
  },
  useRealTimers: () => clock.uninstall(),
  withCallback: (name, run) => test(name, (done) => run(done)),
  snapshots: false,
}
