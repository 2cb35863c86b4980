/**
 * Photographs of 12 megapixels to ViT-Ti's features by the command, as a user runs it: pictures a second and the most memory, on one thread and two, by this library's decoder and
 * by sharp. `node test/bench/folders.mjs [FOLDER OF PICTURES] [--count 200] [--json]`, after a build; without a folder pictures are made, of which each stands there several times. The weights are
 * drawn, which takes as long as trained ones. Goals, of two threads: 8 pictures a second without sharp, 14 with it, 400 MB.
 */
import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { writeSafetensors } from '../../dist/checkpoint/index.js'
import { metadataOf, VisionTransformer } from '../../dist/nn/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, count: { type: 'string', default: '200' } },
})
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'))
try {
  const photos = positionals[0] ?? (await makePhotos(Number(values.count)))
  const model = new VisionTransformer({ embedDim: 192, depth: 12, numHeads: 3 })
  const weights = join(folder, 'vit_ti16.safetensors')
  writeFileSync(weights, writeSafetensors(model.stateDict(), metadataOf(model)))
  const rows = [
    ['own decoder, 1 thread', '1', 'own'],
    ['own decoder, 2 threads', '2', 'own'],
    ['sharp, 2 threads', '2', 'auto'],
  ].map(([name, threads, decoder], i) => {
    const out = join(folder, `features-${i}.safetensors`)
    const args = [command, 'embed', photos, '--weights', weights, '--out', out]
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--require', peakOf(), ...args, '--threads', threads, '--decoder', decoder, '--json'],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(stderr)
    const { embedded, seconds } = JSON.parse(stdout.trimEnd().split('\n').at(-1))
    const peak = Number(/peak (\d+)/.exec(stderr)[1])
    return { name, perSecond: embedded / seconds, megabytes: peak / 1000 }
  })
  if (values.json) console.log(JSON.stringify(rows))
  else {
    for (const { name, perSecond, megabytes } of rows) {
      console.log(
        `${name.padEnd(24)} ${perSecond.toFixed(1).padStart(5)} pictures a second, ${megabytes.toFixed(0)} MB at most`,
      )
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** A file that has a process say at its end how much memory it had at most, in kilobytes. (`resourceUsage` counts what the process had that started it.) */
function peakOf() {
  const file = join(folder, 'peak.cjs')
  writeFileSync(
    file,
    `const { isMainThread } = require('node:worker_threads')
const { readFileSync } = require('node:fs')
const most = () => /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
if (isMainThread) process.on('exit', () => process.stderr.write('peak ' + most() + '\\n'))`,
  )
  return file
}

/** Photographs as a camera of 12 megapixels makes them: shapes, edges, the noise of a sensor; 3 MB each, and one of fourteen progressive. */
async function makePhotos(count) {
  const different = Math.min(count, 28)
  const photos = join(folder, 'photos')
  mkdirSync(photos)
  for (let i = 0; i < different; i++) {
    const [width, height] = i % 5 === 4 ? [3000, 4000] : [4000, 3000]
    const data = Buffer.alloc(3 * width * height)
    let seed = i + 1
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const shape = 90 * Math.sin(x / (211 + 17 * i)) * Math.cos(y / 277) + (((x >> 7) ^ (y >> 7)) % 37)
        for (let c = 0; c < 3; c++, at++) {
          seed = (Math.imul(seed, 1664525) + 1013904223) | 0
          data[at] = Math.max(0, Math.min(255, 120 + shape * (1 - c / 4) + ((seed >>> 24) - 128) * 0.12))
        }
      }
    }
    const picture = sharp(data, { raw: { width, height, channels: 3 } })
    writeFileSync(
      join(photos, `${i}.jpg`),
      await picture.jpeg({ quality: 88, progressive: i % 14 === 13 }).toBuffer(),
    )
  }
  for (let i = different; i < count; i++)
    linkSync(join(photos, `${i % different}.jpg`), join(photos, `${i}.jpg`))
  return photos
}
