import nonplus from 'nonplus/vitest/plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [nonplus()],
  test: { include: ['*.{test,failing}.js'] },
})
