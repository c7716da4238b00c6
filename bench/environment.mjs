import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

/** What the figures were measured on; they mean nothing elsewhere but for their ratios. */
export function describeMachine() {
  const memory = Math.round(totalmem() / 2 ** 30)
  return [
    ['CPU', `${cpus()[0]?.model.trim()}, ${availableParallelism()} of ${cpus().length} cores`],
    ['Memory', `${memory} GB`],
    ['System', `${platform()} ${release()}`],
    ['Node.js', `${process.version} (V8 ${process.versions.v8})`],
    ['Packages', packageVersions().join(', ')],
  ]
}

function packageVersions() {
  const { version } = readJson('../package.json')
  const { dependencies } = readJson('package.json')
  const measured = Object.entries(dependencies).filter(([name]) => name !== 'tsx')
  return [`nonplus ${version}`, ...measured.map(([name, exact]) => `${name} ${exact}`)]
}

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

/** Average number of runnable processes over the last minute. */
export function currentLoad() {
  return loadavg()[0].toFixed(1)
}
