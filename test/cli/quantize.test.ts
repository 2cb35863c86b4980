/** `tesserae quantize`: a smaller file that opens as the same model, written whole or not at all, and mistakes said in a line. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { openSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { writePng } from 'tesserae/image'
import { quantize, VisionTransformer } from 'tesserae/nn'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tesserae } from './recorder.ts'

let folder: string
let weights: string
const own = new VisionTransformer({
  imgSize: 32,
  patchSize: 8,
  embedDim: 64,
  depth: 2,
  numHeads: 4,
  numClasses: 3,
})
const inside = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tesserae-quantize-'))
  weights = inside('model.safetensors')
  const config = JSON.stringify({ num_heads: 4, id2label: { 0: 'a', 1: 'b', 2: 'c' } })
  await writeFile(weights, writeSafetensors(own.stateDict()))
  await writeFile(inside('config.json'), config)
  for (const name of ['one.png', 'two.png']) {
    const data = Uint8Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * (name === 'one.png' ? 7 : 13)) % 256)
    await writeFile(inside(name), writePng(ndarray(data, [40, 40, 3])))
  }
})
afterAll(() => rm(folder, { recursive: true }))

test('writes a model in eight bits that opens by itself, and says how its answers agree', async () => {
  const small = inside('small.safetensors')
  const { code, lines } = await tesserae('quantize', weights, small, '--check', folder)
  expect(code).toBe(0)
  expect(lines[0]).toMatch(/small\.safetensors: 0\.\d MB, \d\d % of 0\.\d MB; 9 weights in int8$/)
  expect(lines[1]).toMatch(
    /^the first answer is that of float32 for \d of 2 pictures \(\d+\.0 %\); all answers differ by \d\.\d % \(rms\)$/,
  )
  const file = await openSafetensors(small)
  expect(file.entries.get('blocks.0.attn.qkv.weight')!.dtype).toBe('I8')
  await file.close()
  const alone = inside('alone')
  await rm(inside('config.json'))
  const model = await VisionTransformer.fromCheckpoint(small)
  // what had to be assumed of the model is not a fact because it was written down
  expect([model.labels, model.options.numHeads]).toEqual([['a', 'b', 'c'], 4])
  expect(model.guesses).toEqual(["eps is 0.000001, as in timm's models"])
  expect(model.preparation.assumed).toEqual(['mean is 0.5,0.5,0.5', 'std is 0.5,0.5,0.5', 'cropPct is 0.9'])
  expect((await VisionTransformer.fromCheckpoint(small, { eps: 1e-5 })).guesses).toEqual([])
  const x = ndarray(
    Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    [1, 3, 32, 32],
  )
  const expected = await VisionTransformer.fromCheckpoint(weights, { numHeads: 4 })
  quantize(expected)
  expect(model.forward(x).data).toEqual(expected.forward(x).data)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part') || name === alone)).toEqual([])
})

test('writes half floats, half the size', async () => {
  const half = inside('half.safetensors')
  const { code, lines } = await tesserae(
    'quantize',
    weights,
    half,
    '--precision',
    'float16',
    '--heads',
    '4',
    '--json',
  )
  expect(code).toBe(0)
  const { bytes, agreement } = JSON.parse(lines[0]!)
  expect(agreement).toBeUndefined()
  expect(bytes).toEqual({ before: statSync(weights).size, after: statSync(half).size })
  expect(bytes.after / bytes.before).toBeLessThan(0.55)
})

test('what is no regular file, as a device, is not replaced by one', async () => {
  const pipe = inside('pipe.safetensors')
  if (spawnSync('mkfifo', [pipe]).status !== 0) return // not on Windows
  expect((await tesserae('quantize', weights, pipe)).notices).toEqual([
    `tesserae quantize: ${pipe}: is no regular file`,
  ])
  expect(statSync(pipe).isFIFO()).toBe(true)
})

test.each([
  [['model.safetensors'], 'two files are expected, the model and the one to write — got 1'],
  [['model.safetensors', 'x.onnx'], 'x.onnx", expected a name in .safetensors, which is what is written'],
  [
    ['model.safetensors', 'x.safetensors', '--precision', 'int4'],
    '--precision is "int4", expected int8, int8-fast, float16',
  ],
  [['model.safetensors', 'model.safetensors'], 'is the file that it is made of, expected another name'],
  [['model.safetensors', 'nowhere/x.safetensors'], 'no such folder'],
  [['missing.safetensors', 'x.safetensors'], 'no such file'],
  [['model.safetensors', 'x.safetensors', '--check', 'empty'], 'empty: no such file'],
])('refuses %j', async (args, message) => {
  const paths = args.map((arg) => (/^-|^int/.test(arg) ? arg : inside(arg)))
  const { code, lines, notices } = await tesserae('quantize', ...paths)
  expect(code).toBe(1)
  expect(lines).toEqual([])
  expect(notices.at(-1)).toContain(message)
  expect(readdirSync(folder)).not.toContain('x.safetensors')
})
