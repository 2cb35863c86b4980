/** Bundles the benchmark into one file, which Node runs: the sources are TypeScript. */
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bundle = await rolldown({
  input: `${root}test/webgpu/bench.ts`,
  platform: 'node',
  external: ['webgpu'],
  resolve: {
    alias: {
      'tesserae/nn': `${root}src/nn.ts`,
      'tesserae/webgpu': `${root}src/webgpu.ts`,
      '#inspected': `${root}src/ops/inspected.node.ts`,
      '#file': `${root}src/checkpoint/file.node.ts`,
    },
  },
})
await bundle.write({ file: `${root}test/webgpu/node_modules/.bench/bench.mjs`, format: 'esm' })
