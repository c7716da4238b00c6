import { chmodSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineConfig, type Rolldown, type UserConfig } from 'tsdown'

// Built to be read: names and lines stay, so that a stack trace makes sense; comments are in the source and the types.
// Each ring is a file of its own, as it is a folder in the source; what a start needs not is not loaded by it.
const rings = ['model', 'sql', 'instrument', 'detectors', 'reporters', 'sources']

const runners = ['jest', 'jest-config', 'jest-suite', 'jest-reporter', 'chai', 'mocha', 'node-test']

/** What imports Vitest, which cannot be required; what they share with the others they take from `vitest-parts`. */
const vitest = ['vitest', 'vitest-suite']

/** Entries for test runners, by the file in src/testing. */
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

/** No entries of the package: `register` requires the one at its first finding; the other, see {@link vitest}. */
const inner = { 'live-console': 'src/live-console.ts', ...entriesOf(['vitest-parts']) }

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  fixedExtension: false,
  hash: false,
  sourcemap: false,
  report: false,
  logLevel: 'warn',
  clean: false,
  checks: { pluginTimings: false, legacyCjs: false },
  outputOptions: { comments: { legal: true, annotation: true, jsdoc: false } },
}

/**
 * Beside each entry in CommonJS the ES module that hands on its exports. So both formats are one copy, in the package and
 * in the process; it is CommonJS since Jest and `--require` need what is there at once, on every Node that is supported.
 */
const facades: Rolldown.Plugin = {
  name: 'facades',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk' || !chunk.isEntry || Object.hasOwn(inner, chunk.name)) continue
      const [shebang = ''] = /^#!.*\n/.exec(chunk.code) ?? []
      const exports = chunk.exports.length === 0 ? 'import' : `export { ${chunk.exports.toSorted().join(', ')} } from`
      const source = `${shebang}${exports} './${basename(chunk.fileName)}'\n`
      this.emitFile({ type: 'asset', fileName: `${chunk.name}.js`, source })
    }
  },
  writeBundle: ({ dir = '' }) => chmodSync(join(dir, 'cli/index.js'), 0o755),
}

const vitestParts: Rolldown.Plugin = {
  name: 'vitest-parts',
  resolveId: (source) => (source === './vitest-parts.ts' ? { id: './vitest-parts.cjs', external: true } : undefined),
}

export default defineConfig([
  {
    ...shared,
    entry: { ...main, ...entriesOf([...runners, 'vitest-plugin']), ...inner, 'cli/index': 'src/cli/index.ts' },
    format: 'cjs',
    shims: true,
    clean: true,
    dts: { entry: [...Object.values(main), ...Object.values(entriesOf(runners))] },
    plugins: [facades],
    // no entry takes in what others share, and exports that
    inputOptions: { preserveEntrySignatures: 'strict' },
    outputOptions: {
      ...shared.outputOptions,
      codeSplitting: {
        groups: rings.map((name, index) => ({
          name,
          test: new RegExp(`/src/${name}/.*(?<!\\.d)\\.ts$`),
          priority: -index,
        })),
      },
    },
  },
  {
    ...shared,
    entry: entriesOf(vitest),
    format: 'esm',
    dts: false,
    plugins: [vitestParts],
  },
  {
    ...shared,
    entry: { ...main, ...entriesOf([...runners, 'vitest-plugin', ...vitest]) },
    format: 'esm',
    dts: { emitDtsOnly: true },
  },
])
