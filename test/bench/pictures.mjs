/**
 * Photographs to pixels and to a model's input, beside sharp, Skia (`@napi-rs/canvas`) and jpeg-js, in turns, with the memory that
 * each takes in a process of its own. Without a folder of JPEG files a picture of 24 megapixels is made, baseline and
 * progressive: `node test/bench/pictures.mjs [FOLDER] [--json]`, after a build. Goals stand behind the figures.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import jpeg from 'jpeg-js'
import ndarray from 'ndarray'
import sharp from 'sharp'
import { preprocess, readImage } from '../../dist/image/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, memory: { type: 'string' } },
})

const view = { size: 224, cropPct: 0.9, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
const SHORT = 248

/** Each makes all pixels of a file. */
const decoders = {
  tesserae: async (bytes) => (await readImage(bytes, { decoder: 'own' })).data,
  'tesserae, with sharp': async (bytes) => (await readImage(bytes)).data,
  sharp: (bytes) => sharp(bytes).raw().toBuffer(),
  Skia: async (bytes) => {
    const image = await loadImage(bytes)
    const context = createCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    return context.getImageData(0, 0, image.width, image.height).data
  },
  'jpeg-js': (bytes) => decodeByJpegJs(bytes).data,
}

const decodeByJpegJs = (bytes) =>
  jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    maxMemoryUsageInMB: 4096,
    maxResolutionInMP: 400,
  })

/** Each makes what a model of 224 × 224 sees. */
const preparations = {
  tesserae: async (bytes) => preprocess(await readImage(bytes, { decoder: 'own', minSize: 2 * SHORT }), view),
  'tesserae, with sharp': async (bytes) => preprocess(await readImage(bytes, { minSize: 2 * SHORT }), view),
  sharp: (bytes) => sharp(bytes).resize(SHORT, SHORT, { fit: 'outside' }).resize(224, 224).raw().toBuffer(),
  Skia: async (bytes) => {
    const image = await loadImage(bytes)
    const scale = SHORT / Math.min(image.width, image.height)
    const context = createCanvas(224, 224).getContext('2d')
    context.imageSmoothingQuality = 'high'
    const [width, height] = [image.width * scale, image.height * scale]
    context.drawImage(image, (224 - width) / 2, (224 - height) / 2, width, height)
    return context.getImageData(0, 0, 224, 224).data
  },
  'jpeg-js': (bytes) => {
    const { data, height, width } = decodeByJpegJs(bytes)
    return preprocess(ndarray(data, [height, width, 3]), view)
  },
}

const jobs = { decode: decoders, prepare: preparations }

if (values.memory === undefined) await report()
else await measureMemory()

/** Prints by how many bytes a job raises the most memory that this process ever had. */
async function measureMemory() {
  const [job, name] = values.memory.split(':')
  const bytes = readFileSync(positionals[0])
  const small = { create: { width: 600, height: 600, channels: 3, background: 'teal' } }
  await jobs[job][name](await sharp(small).jpeg().toBuffer()) // code and libraries
  const before = peak()
  await jobs[job][name](bytes)
  console.log(peak() - before)
}

/** The most bytes that this process ever had; `maxRSS` of a process that was just started is its parent's. */
function peak() {
  const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return 1024 * Number(kilobytes)
}

async function report() {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'))
  try {
    const files = positionals[0] === undefined ? await makePictures(folder) : jpegsOf(positionals[0])
    const found = []
    for (const file of files) found.push(await measure(file))
    if (values.json) console.log(JSON.stringify(found))
    else for (const one of found) print(one)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const jpegsOf = (folder) =>
  readdirSync(folder)
    .filter((name) => /\.jpe?g$/i.test(name))
    .map((name) => join(folder, name))

async function measure(file) {
  const bytes = readFileSync(file)
  const whole = await readImage(bytes, { decoder: 'own' })
  const expected = preprocess(whole, view).data
  const result = { file, pixels: whole.shape[0] * whole.shape[1], bytes: bytes.length }
  for (const [job, contestants] of Object.entries(jobs)) {
    const times = await inTurns(contestants, bytes)
    result[job] = Object.fromEntries(
      Object.keys(contestants).map((name) => [name, { ...times[name], memory: memoryOf(job, name, file) }]),
    )
  }
  for (const name of ['tesserae', 'tesserae, with sharp']) {
    const input = (await preparations[name](bytes)).data
    const squares = input.reduce((sum, value, i) => sum + (value - expected[i]) ** 2, 0)
    result.prepare[name].rms = Math.sqrt(squares / input.length)
  }
  return result
}

/** Milliseconds, the best and the median of seven rounds in any order. */
async function inTurns(contestants, bytes) {
  const names = Object.keys(contestants)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < 7; round++) {
    for (const name of names
      .map((name) => [Math.random(), name])
      .sort()
      .map((pair) => pair[1])) {
      const start = performance.now()
      await contestants[name](bytes)
      times[name].push(performance.now() - start)
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const sorted = times[name].toSorted((a, b) => a - b)
      return [name, { best: sorted[0], median: sorted[3] }]
    }),
  )
}

function memoryOf(job, name, file) {
  const self = fileURLToPath(import.meta.url)
  const { stdout, stderr, status } = spawnSync(process.execPath, [self, file, '--memory', `${job}:${name}`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return Number(stdout)
}

function print({ file, pixels, bytes, decode, prepare }) {
  const megabytes = (count) => `${(count / 1e6).toFixed(0)} MB`
  console.log(`\n${file}: ${(pixels / 1e6).toFixed(1)} megapixels, ${(bytes / 1e6).toFixed(1)} MB`)
  for (const [title, results] of [
    ['all pixels', decode],
    ['to 224 × 224', prepare],
  ]) {
    console.log(`  ${title.padEnd(22)}    best  median   memory`)
    for (const [name, { best, median, memory, rms }] of Object.entries(results)) {
      const error = rms === undefined ? '' : `  ${rms.toFixed(2)} grey levels rms from the whole picture's`
      console.log(
        `  ${name.padEnd(22)} ${best.toFixed(0).padStart(4)} ms ${median.toFixed(0).padStart(4)} ms ${megabytes(memory).padStart(8)}${error}`,
      )
    }
  }
  console.log(
    `  decoding takes ${(decode.tesserae.best / decode.Skia.best).toFixed(2)} times Skia (goal 2.5) and ${(decode.tesserae.memory / (3 * pixels)).toFixed(2)} times the pixels' memory (goal 1.5, baseline); to 224 × 224 ${prepare.tesserae.best.toFixed(0)} ms (goal 350) and ${megabytes(prepare.tesserae.memory)} (goal 64, baseline)`,
  )
}

/** A picture of 24 megapixels: smooth shapes, edges, texture and the noise of a sensor. */
async function makePictures(folder) {
  const [width, height] = [6000, 4000]
  const data = Buffer.alloc(3 * width * height)
  let seed = 1
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shape = 90 * Math.sin(x / 411) * Math.cos(y / 377) + (((x >> 8) ^ (y >> 8)) % 37)
      const texture = 14 * Math.sin(x / 3.1 + y / 5.3) * Math.sin(x / 1700)
      for (let c = 0; c < 3; c++, at++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) | 0
        data[at] = Math.max(0, Math.min(255, 120 + shape * (1 - c / 4) + texture + (seed >> 28)))
      }
    }
  }
  const picture = sharp(data, { raw: { width, height, channels: 3 } })
  const files = [join(folder, 'baseline.jpg'), join(folder, 'progressive.jpg')]
  writeFileSync(files[0], await picture.clone().jpeg({ quality: 88 }).toBuffer())
  writeFileSync(files[1], await picture.clone().jpeg({ quality: 88, progressive: true }).toBuffer())
  return files
}
