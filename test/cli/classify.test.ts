import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { readImage, writePng } from 'tesserae/image'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tesserae } from './recorder.ts'

const digitsModel = fileURLToPath(new URL('../../docs/start/vit-digits.safetensors', import.meta.url))
const data = new URL('../../../shared/data/', import.meta.url)
const shared = (path: string) => fileURLToPath(new URL(path, data))

describe('tesserae classify', () => {
  let folder: string
  let seven: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    const strip = await readImage(readFileSync(new URL('../../docs/start/digits.png', import.meta.url)))
    seven = join(folder, 'seven.png')
    await writeFile(seven, writePng(strip.lo(0, 7 * 28, 0).hi(28, 28, 1)))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('reads a digit with the ViT of document 1, best answer first, with bars', async () => {
    const { code, lines, notices } = await tesserae('classify', seven, '--weights', digitsModel, '--top', '2')
    expect(notices.at(-1)).toMatch(/answered in \d+ ms$/)
    expect(code).toBe(0)
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^class 7 {2} +9\d\.\d% {2}█{30,}/)
  })

  test('names come from a JSON list or from lines', async () => {
    const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    const list = join(folder, 'labels.json')
    const text = join(folder, 'labels.txt')
    await writeFile(list, JSON.stringify(names))
    await writeFile(text, `${names.join('\n')}\n`)
    const windows = join(folder, 'windows.txt')
    await writeFile(windows, `${names.join('\r\n')}\r\n`)
    for (const labels of [list, text, windows]) {
      const { lines } = await tesserae(
        'classify',
        seven,
        '--weights',
        digitsModel,
        '--labels',
        labels,
        '--top',
        '1',
      )
      expect(lines[0]).toMatch(/^seven {2}/)
    }
  })

  test('--json is one line whose probabilities sum to 1', async () => {
    const { lines } = await tesserae('classify', seven, '--weights', digitsModel, '--top', '10', '--json')
    expect(lines).toHaveLength(1)
    const { answers, file } = JSON.parse(lines[0]!) as {
      file: string
      answers: { index: number; probability: number }[]
    }
    expect(file).toBe(seven)
    expect(answers.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(answers.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5)
  })

  test('--attention draws the picture and two maps side by side, with captions', async () => {
    const out = join(folder, 'map.png')
    const { code } = await tesserae('classify', seven, '--weights', digitsModel, '--attention', out)
    expect(code).toBe(0)
    const map = await readImage(await readFile(out))
    expect(map.shape).toEqual([448 + 60, 3 * 448 + 2 * 12, 3])
    expect(new Set(map.lo(448, 0, 0).hi(60, 448, 1).data).size).toBeGreaterThan(2)
    const panel = (i: number) => map.lo(0, i * 460, 0).hi(448, 448, 3)
    const isGrey = (i: number) => {
      for (let y = 0; y < 448; y += 7) {
        for (let x = 0; x < 448; x += 7) if (panel(i).get(y, x, 0) !== panel(i).get(y, x, 2)) return false
      }
      return true
    }
    expect([isGrey(0), isGrey(1), isGrey(2)]).toEqual([true, false, false])
  })

  test('weights in several files give the same answer by their index', async () => {
    const file = await openSafetensors(digitsModel)
    const tensors = await file.tensors()
    await file.close()
    const names = Object.keys(tensors)
    const weightMap: Record<string, string> = {}
    for (const [i, part] of [names.slice(0, 20), names.slice(20)].entries()) {
      const shard = `model-${i}.safetensors`
      const dict = Object.fromEntries(part.map((name) => [name, tensors[name]!]))
      await writeFile(join(folder, shard), writeSafetensors(dict, file.metadata, { floats: 'F16' }))
      for (const name of part) weightMap[name] = shard
    }
    const index = join(folder, 'model.safetensors.index.json')
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map: weightMap }))
    const whole = await tesserae('classify', seven, '--weights', digitsModel)
    const sharded = await tesserae('classify', seven, '--weights', index)
    expect(sharded.code).toBe(0)
    expect(sharded.lines).toEqual(whole.lines)
  })

  test('the answer is the same for any number of threads', async () => {
    const one = await tesserae('classify', seven, '--weights', digitsModel)
    for (const threads of ['2', 'auto']) {
      const { lines } = await tesserae('classify', seven, '--weights', digitsModel, '--threads', threads)
      expect(lines).toEqual(one.lines)
    }
  })

  test('what is assumed is said, and what the file or an option says is not', async () => {
    const assumed = async (...options: string[]) => {
      const { notices } = await tesserae('classify', seven, '--weights', digitsModel, ...options)
      return notices.filter((line) => line.startsWith('assumed: '))
    }
    expect(await assumed()).toEqual([
      "assumed: eps is 0.00001, as in torch's models",
      'assumed: mean is 0',
      'assumed: std is 1',
      'assumed: cropPct is 1',
    ])
    expect(await assumed('--mean', '0', '--std', '1', '--crop-pct', '1')).toHaveLength(1)
  })

  test('a configuration in the same folder is believed, also about pictures', async () => {
    const hub = await mkdtemp(join(folder, 'hub-'))
    const weights = join(hub, 'model.safetensors')
    await writeFile(weights, await readFile(digitsModel))
    const view = { mean: [0], std: [1], crop_pct: 1 }
    await writeFile(join(hub, 'config.json'), JSON.stringify({ layer_norm_eps: 1e-5, pretrained_cfg: view }))
    const { lines, notices } = await tesserae('classify', seven, '--weights', weights)
    expect(notices.filter((line) => line.startsWith('assumed: '))).toEqual([])
    expect(lines).toEqual((await tesserae('classify', seven, '--weights', digitsModel)).lines)
  })

  test('a model without a classifier is refused, since it knows no classes', async () => {
    const weights = join(folder, 'features.safetensors')
    const options = {
      imgSize: 28,
      patchSize: 7,
      inChans: 1,
      embedDim: 64,
      depth: 1,
      numHeads: 1,
      numClasses: 0,
    }
    await writeFile(weights, writeSafetensors(new VisionTransformer(options).stateDict()))
    const { code, notices } = await tesserae('classify', seven, '--weights', weights)
    expect(code).not.toBe(0)
    expect(notices.join()).toContain('has no classifier')
  })

  test.each<[string, (weights: string) => string[], string]>([
    ['no weights', () => ['x.png'], '--weights is missing'],
    ['a missing checkpoint', () => ['--weights', 'gone.safetensors'], 'gone.safetensors: no such file'],
    [
      'a wrong number of labels',
      (w) => ['--weights', w, '--labels', 'two.txt'],
      '--labels has 2 names, the model has 10',
    ],
    ['a mean of other channels', (w) => ['--weights', w, '--mean', '0,0,0'], 'mean has 3 numbers and std 1'],
  ])('%s gives one line and exit code 1', async (_, args, words) => {
    await writeFile(join(folder, 'two.txt'), 'a\nb\n')
    const given = args(digitsModel).map((arg) => (arg === 'two.txt' ? join(folder, arg) : arg))
    const { code, lines, notices } = await tesserae(
      'classify',
      ...(given[0] === 'x.png' ? given : [seven, ...given]),
    )
    expect(code).toBe(1)
    expect(lines).toEqual([])
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain(words)
  })

  describe.skipIf(!existsSync(data))('with the real ViT-Tiny (skipped without ../shared/data)', () => {
    const weights = shared('weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors')
    const labels = shared('labels/imagenet-simple-labels.json')
    test.each([
      ['chelsea.png', 285, 'Egyptian', 0.813],
      ['coffee.png', 967, 'espresso', 0.938],
    ])('%s is class %i', async (name, index, label, probability) => {
      const args = ['--weights', weights, '--labels', labels, '--json']
      const { code, lines } = await tesserae('classify', shared(`images/${name}`), ...args)
      expect(code).toBe(0)
      const { answers } = JSON.parse(lines[0]!) as {
        answers: { index: number; label: string; probability: number }[]
      }
      expect(answers[0]!.index).toBe(index)
      expect(answers[0]!.label).toContain(label)
      expect(Math.abs(answers[0]!.probability - probability)).toBeLessThan(0.01)
    })
  })
})
