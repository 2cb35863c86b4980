import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSafetensors } from 'tesserae/checkpoint'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, describe, expect, test } from 'vitest'
import { readOnnx } from '../onnx/read.ts'
import { tesserae } from './recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'tesserae-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
const weights = join(folder, 'model.safetensors')
const model = new VisionTransformer({
  imgSize: 8,
  patchSize: 4,
  embedDim: 64,
  depth: 1,
  numHeads: 1,
  numClasses: 3,
})
writeFileSync(weights, writeSafetensors(model.stateDict(), { labels: 'none' }))

describe('tesserae export', () => {
  test('writes the file, and says what goes in, what comes out and how to run it', async () => {
    const out = join(folder, 'model.onnx')
    const { code, lines, notices } = await tesserae('export', weights, out)
    expect(code).toBe(0)
    const file = readFileSync(out)
    expect(lines).toEqual([
      `${out}: ${(file.length / 1e3).toFixed(1)} kB, operator set 17, float32, plain attention`,
      'input   x  float32 [batch, 3, 8, 8]  (pixels / 255 − [0.5, 0.5, 0.5]) / [0.5, 0.5, 0.5]',
      'output  y  float32 [batch, 3]',
      'in Python',
      '  session = onnxruntime.InferenceSession("model.onnx")',
      '  [y] = session.run(["y"], {"x": x})',
      'in JavaScript',
      '  const session = await InferenceSession.create("model.onnx")',
      "  const { y } = await session.run({ x: new Tensor('float32', data, [1, 3, 8, 8]) })",
    ])
    expect(notices.every((notice) => notice.startsWith('assumed: '))).toBe(true)
    const { inputs, outputs, initializers, metadata } = readOnnx(file)
    expect([inputs, outputs]).toEqual([{ x: ['batch', 3, 8, 8] }, { y: ['batch', 3] }])
    expect(Float32Array.from(initializers.get('head.weight')!.values)).toEqual(
      model.stateDict()['head.weight']!.data,
    )
    expect(JSON.parse(metadata['preparation']!)).toMatchObject({ size: [8, 8], mean: [0.5, 0.5, 0.5] })
  })

  test('every option arrives in the file, and in the line for machines', async () => {
    const out = join(folder, 'small.onnx')
    const options = ['--precision', 'int8', '--opset', '23', '--attention', 'fused', '--batch', '2', '--json']
    const { lines } = await tesserae('export', weights, out, ...options)
    const { nodes, opsets, inputs, initializers } = readOnnx(readFileSync(out))
    expect(JSON.parse(lines[0]!)).toMatchObject({
      ...{ file: out, bytes: readFileSync(out).length, precision: 'int8', opset: 23, attention: 'fused' },
      ...{ inputs: { x: [2, 3, 8, 8] }, outputs: { y: [2, 3] } },
    })
    expect([opsets[''], inputs['x'], initializers.get('head.weight')!.type]).toEqual([23, [2, 3, 8, 8], 3])
    expect(nodes.map(({ op }) => op)).toContain('Attention')
  })

  test('weights of eight bits stay that in the graph, unless floats are asked for', async () => {
    const codes = join(folder, 'codes.safetensors')
    await tesserae('quantize', weights, codes)
    for (const [more, precision] of [
      [[], 'int8'],
      [['--precision', 'float32'], 'float32'],
    ] as const) {
      const { lines } = await tesserae('export', codes, join(folder, 'codes.onnx'), ...more)
      expect(lines[0]).toContain(`, ${precision}, `)
    }
  })

  test('how pictures are prepared is said as what it is, assumed or told', async () => {
    const preparationIn = (file: string) => JSON.parse(readOnnx(readFileSync(file)).metadata['preparation']!)
    const out = join(folder, 'prepared.onnx')
    const { notices } = await tesserae('export', weights, out)
    expect(notices).toContain('assumed: mean is 0.5,0.5,0.5')
    expect(preparationIn(out).assumed).toContain('mean is 0.5,0.5,0.5')
    const told = await tesserae('export', weights, out, '--mean', '0.1,0.2,0.3', '--std', '1,1,1')
    expect(told.notices.filter((notice) => /mean|std/.test(notice))).toEqual([])
    expect(told.lines[1]).toContain('(pixels / 255 − [0.1, 0.2, 0.3]) / [1, 1, 1]')
    expect(preparationIn(out)).toMatchObject({ mean: [0.1, 0.2, 0.3], std: [1, 1, 1] })
  })

  test('a mistake is one line, and leaves no file', async () => {
    const before = readdirSync(folder)
    const out = join(folder, 'other.onnx')
    const said = async (...args: string[]) => (await tesserae('export', ...args)).notices.join('\n')
    expect(await said(weights)).toContain(
      'two files are expected, a checkpoint and where the ONNX file goes — got 1',
    )
    expect(await said(weights, out, '--precision', 'int4')).toContain(
      '--precision is "int4", expected float32 or int8',
    )
    expect(await said(weights, join(folder, 'model.safetensors'))).toContain('expected a name in .onnx')
    expect(await said(weights, out, '--opset', '16')).toBe(
      "tesserae export: bad option 'opset' — got 16, expected a whole number from 17 to 24",
    )
    expect(await said(weights, join(folder, 'none', 'x.onnx'))).toMatch(/x\.onnx: no such folder$/)
    expect(await said(join(folder, 'none.safetensors'), out)).toMatch(/none\.safetensors: no such file$/)
    expect(readdirSync(folder)).toEqual(before)
  })
})
