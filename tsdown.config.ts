import { defineConfig, type UserConfig } from 'tsdown'

// Built to be read: names and lines stay, so that a stack trace makes sense; comments are in the source and the types.
// Each ring is a file of its own, as it is a folder in the source; what a start needs not is not loaded by it.
const rings = ['model', 'sql', 'instrument', 'detectors', 'reporters', 'sources']

/** Entries for test runners, by the file in src/testing; Vitest loads nothing but ES modules. */
const vitest = ['vitest', 'vitest-plugin', 'vitest-suite']
const runners = ['jest', 'jest-config', 'jest-suite', 'jest-reporter', 'chai', 'mocha', 'node-test']

function entriesOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `src/testing/${name}.ts`]))
}

const main = {
  index: 'src/index.ts',
  register: 'src/register.ts',
  testing: 'src/testing/index.ts',
  otel: 'src/otel/index.ts',
  'otel-register': 'src/otel/register.ts',
}

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  dts: { entry: [...Object.values(main), ...Object.values(entriesOf([...vitest, ...runners]))] },
  fixedExtension: false,
  hash: false,
  sourcemap: false,
  report: false,
  logLevel: 'warn',
  checks: { pluginTimings: false, legacyCjs: false },
  outputOptions: {
    comments: { legal: true, annotation: true, jsdoc: false },
    codeSplitting: {
      groups: rings.map((name, index) => ({
        name,
        test: new RegExp(`/src/${name}/.*(?<!\\.d)\\.ts$`),
        priority: -index,
      })),
    },
  },
}

export default defineConfig([
  {
    ...shared,
    entry: { ...main, ...entriesOf([...vitest, ...runners]), 'cli/index': 'src/cli/index.ts' },
    format: 'esm',
    clean: true,
  },
  {
    ...shared,
    // `live-console` is what `register` requires at its first finding; it is no entry of the package.
    entry: { ...main, ...entriesOf(runners), 'live-console': 'src/live-console.ts' },
    format: 'cjs',
    shims: true,
    clean: false,
  },
])
