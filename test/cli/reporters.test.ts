import { mkdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reporters } from '../../src/reporters/index.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { Project } from './project.ts'

const [node] = nodeVersions as [NodeVersion]
let project: Project

beforeAll(async () => {
  project = await Project.create()
})

afterAll(() => project.remove())

const all = Object.keys(reporters)

test('every reporter writes its file about a real run', async () => {
  const flags = all.flatMap((name) => ['--reporter', `${name}=out/${name}.txt`])
  const { end, stderr } = await project.run(node, [...flags, '--', 'node', 'esm.mjs'])
  expect({ end, stderr }).toMatchObject({ end: 0 })
  for (const name of all) {
    const text = project.read(`out/${name}.txt`)
    expect([name, text]).toEqual([name, expect.stringMatching(/authors.*\n$/s)])
    expect([name, text.includes(project.folder)]).toEqual([name, false])
  }
})

describe('--reporter github', () => {
  const place = () => project.place('posts.mjs').split(':')

  test('annotates on standard output, and appends to the summary of the job', async () => {
    project.write('summary.md', 'What another tool wrote.\n')
    const env = { GITHUB_STEP_SUMMARY: project.path('summary.md'), GITHUB_WORKSPACE: project.folder }
    const { end, stdout } = await project.run(node, ['--reporter', 'github', '--', 'node', 'esm.mjs'], { env })
    const [file, line] = place()
    expect(end).toBe(0)
    expect(stdout).toMatch(
      new RegExp(`^nonplus: 1 error in 1 scope\\n::error file=${file},line=${line},endLine=${line},`),
    )
    expect(project.read('summary.md')).toMatch(
      /^What another tool wrote\.\n<!-- nonplus -->\n### nonplus: 1 error in 1 scope\n.*<details>/s,
    )
  })

  test('knows files by their path in the repository, wherever in it the run is', async () => {
    mkdirSync(project.path('packages/blog'), { recursive: true })
    project.write('packages/blog/run.mjs', "await import('../../esm.mjs')\n")
    const flags = ['--reporter', 'github=a.txt', '--reporter', 'sarif=a.sarif', '--reporter', 'json=a.json']
    const env = { GITHUB_WORKSPACE: project.folder }
    await project.run(node, [...flags, '--', 'node', 'run.mjs'], { env, cwd: 'packages/blog' })
    const [file] = place()
    expect(project.read('packages/blog/a.txt')).toContain(`::error file=${file},`)
    const [result] = JSON.parse(project.read('packages/blog/a.sarif')).runs[0].results
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(file)
    expect(project.readReport('packages/blog/a.json').findings[0]?.callSite?.file).toBe(`../../${file}`)
  })

  test('a workspace that the run is not in says nothing', async () => {
    const env = { GITHUB_WORKSPACE: '/somewhere/else', GITHUB_STEP_SUMMARY: '' }
    const { stdout } = await project.run(node, ['--reporter', 'github', '--', 'node', 'esm.mjs'], { env })
    expect(stdout).toContain(`::error file=${place()[0]},`)
  })

  test('a summary that is full already is not made too large', async () => {
    project.write('full.md', 'x'.repeat(900 * 1024))
    const env = { GITHUB_STEP_SUMMARY: project.path('full.md') }
    await project.run(node, ['--reporter', 'github=f.txt', '--', 'node', 'esm.mjs'], { env })
    const added = readFileSync(project.path('full.md'), 'utf8').slice(900 * 1024)
    expect(added).toBe('<!-- nonplus -->\n### nonplus: 1 error in 1 scope\n')
  })
})
