import { defineConfig } from 'tsdown'

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      register: 'src/register.ts',
      'live-console': 'src/live-console.ts',
    },
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.19',
    dts: true,
    sourcemap: true,
    fixedExtension: false,
    shims: true,
    clean: true,
  },
  {
    entry: { 'cli/index': 'src/cli/index.ts' },
    format: ['esm'],
    platform: 'node',
    target: 'node20.19',
    dts: false,
    sourcemap: true,
    fixedExtension: false,
    clean: false,
  },
])
