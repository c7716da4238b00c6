import { afterAll, beforeAll, expect } from '@jest/globals'
import { addJestMatchers } from './add-jest-matchers.ts'
import { flushSuite, inTestScope, startSuite } from './suite.ts'

/** The parts of what jest-circus keeps of a file that are read; the same in Jest 29 and 30. */
interface Block {
  readonly type: 'describeBlock'
  readonly name: string
  readonly children: readonly (Block | Test)[]
}

interface Test {
  readonly type: 'test'
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: as the user wrote it
  fn?: (...args: any[]) => unknown
}

/*
 * Side effect: a set-up file of Jest (`setupFilesAfterEnv`). Each test runs as a scope of its own, hooks left out. Its function
 * is exchanged once all tests of the file are known and before the first of them runs, `test.concurrent` too.
 */
startSuite()
addJestMatchers()
beforeAll(() => {
  const root = rootBlock()
  if (root !== undefined) wrapTests(root, [], expect.getState().testPath)
})
afterAll(() => flushSuite())

function rootBlock(): Block | undefined {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  const state = symbol && (globalThis as unknown as Record<symbol, { rootDescribeBlock?: Block }>)[symbol]
  return state?.rootDescribeBlock
}

function wrapTests(block: Block, names: readonly string[], file: string | undefined): void {
  for (const child of block.children) {
    const path = [...names, child.name]
    if (child.type === 'describeBlock') wrapTests(child, path, file)
    else if (child.fn !== undefined) child.fn = inTestScope({ file, names: path }, child.fn, child.fn.length > 0)
  }
}
