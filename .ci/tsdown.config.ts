/** How the sources become `dist`: the package itself, and the tools of this repository that use the package as anyone would. */
import { defineConfig } from 'tsdown'
import { onlyUsedOfChevrotain } from './chevrotain/plugin.ts'
import { pureTables } from './pure-tables.ts'
import { thirdPartyLicenses } from './third-party-licenses.ts'
import { withoutMethods } from './without-methods.ts'
import { withoutParser } from './without-parser.ts'

const common = {
  // how long writing the declarations took is no warning to whoever installs
  checks: { pluginTimings: false },
  // declarations name Symbol.dispose, also where a program's own `lib` lacks it
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  cwd: `${import.meta.dirname}/..`,
} as const

export default defineConfig([
  {
    ...common,
    entry: {
      index: 'src/index.ts',
      'nn/index': 'src/nn.ts',
      'checkpoint/index': 'src/checkpoint.ts',
      'ops/inspected.node': 'src/ops/inspected.node.ts',
      'ops/inspected.web': 'src/ops/inspected.web.ts',
      'checkpoint/file.node': 'src/checkpoint/file.node.ts',
      'checkpoint/file.web': 'src/checkpoint/file.web.ts',
      'image/index': 'src/image.ts',
      'train/index': 'src/train.ts',
      'onnx/index': 'src/onnx.ts',
      'webgpu/index': 'src/webgpu.ts',
      'adapters/index': 'src/adapters.ts',
      'folders/decode-worker.node': 'src/folders/decode-worker.node.ts',
      'folders/folders.node': 'src/folders/folders.node.ts',
      'folders/folders.web': 'src/folders/folders.web.ts',
      'cli/main': 'src/cli/main.ts',
    },
    outDir: 'dist',
    dts: true,
    // for platforms that run only modules which were deployed with the program
    copy: { from: 'src/wasm/generated/*.wasm', to: 'dist/wasm' },
    plugins: [onlyUsedOfChevrotain(), withoutMethods(), pureTables(), thirdPartyLicenses()],
    inputOptions: { resolve: { mainFields: ['module', 'main'] } },
    // what is only used inside is bundled: chevrotain unbundled loads hundreds of files of lodash-es (DESIGN, "Parse once"), packages for half floats and
    // random numbers eighteen files for a few functions, and each file costs Node half a millisecond
    deps: {
      alwaysBundle: [/^chevrotain/, /^@chevrotain/, /^@petamoriken/, /^pure-rand/, /^quick-lru/],
      neverBundle: [/^#/, /^node:/],
    },
  },
  {
    ...common,
    entry: { index: 'src/compiled.ts' },
    outDir: 'dist/compiled',
    dts: true,
    // for those who count milliseconds: reading the text is most of importing it
    minify: true,
    plugins: [withoutParser(), pureTables(), thirdPartyLicenses()],
    inputOptions: { resolve: { mainFields: ['module', 'main'] } },
    // three small CommonJS files, which take longer to find than to read
    deps: { alwaysBundle: [/^ndarray$/, /^iota-array$/, /^is-buffer$/], neverBundle: [/^#/, /^node:/] },
  },
  {
    ...common,
    // bundlers copy a worker's file as it is, so it must stand alone
    entry: { worker: 'src/wasm/worker.ts' },
    outDir: 'dist',
    clean: false,
    dts: true,
  },
  {
    ...common,
    entry: {
      start: 'docs/start/start.ts',
      train: 'docs/start/train.ts',
      'draw-digits': 'docs/start/draw-digits.ts',
      conformance: 'test/conformance/main.ts',
      site: 'docs/site/build.ts',
    },
    outDir: 'dist/tools',
    dts: false,
    deps: { neverBundle: [/^tesserae/, /^#/, /^node:/, 'ndarray', 'markdown-it', 'typescript'] },
  },
  {
    ...common,
    // what the documentation's pages run
    entry: { 'site-client': 'docs/site/client/main.ts' },
    platform: 'browser',
    outDir: 'dist/tools',
    clean: false,
    dts: false,
    minify: true,
    deps: { alwaysBundle: [/^minisearch/] },
  },
])
