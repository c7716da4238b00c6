import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'src/index.ts', register: 'src/register.ts', 'cli/index': 'src/cli/index.ts' },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  dts: { oxc: true },
  sourcemap: true,
  fixedExtension: false,
  shims: true,
  clean: true,
})
