import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Project } from './cli/project.ts'
import { createLoaderProject, hasLoaders, loaderFile } from './loaders/index.ts'
import { type NodeVersion, nodeVersions } from './node-versions.ts'

const [node] = nodeVersions as [NodeVersion]
const bun = loaderFile('bun/bin/bun.exe')
const deno = loaderFile('@deno/linux-x64-glibc/deno')

let project: Project

beforeAll(async () => {
  if (hasLoaders) project = await createLoaderProject()
})

afterAll(() => project?.remove())

const LINE = '6 seen, n-plus-one (proven) at line 6\n'

describe.skipIf(!existsSync(bun))('Bun', () => {
  test('profile() works', async () => {
    const outcome = await project.start(node, [bun, 'profile.mjs']).outcome
    expect(outcome).toMatchObject({ end: 0, stdout: LINE })
  })

  test('a preloaded nonplus finds the loop, in the scope of the script, since no request is announced', async () => {
    const { end, stderr } = await project.start(node, [bun, '--preload', 'nonplus/register', 'esm.mjs']).outcome
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(stderr).toMatch(new RegExp(`n-plus-one \\(proven\\)[\\s\\S]*?\\n {2}${project.place('posts.mjs')}`))
    expect(stderr).toMatch(/^esm\.mjs +1 +6 /m)
  })
})

describe.skipIf(!existsSync(deno))('Deno', () => {
  test('profile() works', async () => {
    const outcome = await project.start(node, [deno, 'run', '--allow-all', 'profile.mjs']).outcome
    expect(outcome).toMatchObject({ end: 0, stdout: LINE })
  })

  test('a preloaded nonplus finds the loop of a request', async () => {
    const flags = ['run', '--allow-all', '--preload', './node_modules/nonplus/dist/register.js']
    const { end, stderr } = await project.start(node, [deno, ...flags, 'esm.mjs']).outcome
    expect({ end, stderr }).toMatchObject({ end: 0 })
    expect(stderr).toMatch(new RegExp(`n-plus-one \\(proven\\)[\\s\\S]*?\\n {2}${project.place('posts.mjs')}`))
  })
})
