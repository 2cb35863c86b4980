/** The loop: what it yields, when it ends, and that a run which was stopped goes on with the same bits. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { CheckpointError, readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { Linear, manualSeed, Rearrange, Sequential, ViT } from 'tesserae/nn'
import {
  adamw,
  type Batch,
  cosineSchedule,
  crossEntropy,
  ema,
  type FitOptions,
  fit,
  type Progress,
  randomAffine,
  valueAndGradients,
} from 'tesserae/train'
import { afterAll, describe, expect, test } from 'vitest'
import { getHeap } from '../../src/wasm/heap.ts'

const folder = mkdtempSync(join(tmpdir(), 'tesserae-fit-'))
afterAll(() => rmSync(folder, { recursive: true }))

function newModel(dropout = 0.2) {
  manualSeed(3)
  return new ViT({
    imageSize: 8,
    inChannels: 1,
    embedDim: 8,
    patchSize: 4,
    numHeads: 2,
    numEncoders: 2,
    numClasses: 3,
    expansion: 2,
    dropout,
  })
}

const data: Batch = {
  images: ndarray(
    Float32Array.from({ length: 10 * 64 }, (_, i) => Math.sin(i * i)),
    [10, 1, 8, 8],
  ),
  labels: Array.from({ length: 10 }, (_, i) => i % 3),
}

async function all(run: AsyncIterable<Progress>, most = Number.POSITIVE_INFINITY): Promise<Progress[]> {
  const seen: Progress[] = []
  for await (const progress of run) {
    seen.push(progress)
    if (seen.length === most) break
  }
  return seen
}

function bitsOf(model: ViT): Record<string, number[]> {
  return Object.fromEntries(Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]]))
}

const recipe = (model: ViT): FitOptions => ({
  ...{ epochs: 3, batchSize: 4, seed: 11, clip: 1 },
  optimizer: adamw(model, { lr: 0.01 }),
  schedule: cosineSchedule({ steps: 9, lr: 0.01, warmup: 2 }),
  augment: ({ images, labels }, random) => ({ images: randomAffine(images, random), labels }),
  ema: ema(model, { decay: 0.5 }),
})

describe('fit', () => {
  test('tells each step, and the evaluation after the last one of an epoch', async () => {
    const model = newModel()
    const seen = await all(fit(model, data, { ...recipe(model), evaluate: (m) => (m.training ? 1 : 2) }))
    expect(seen.map(({ step, epoch }) => [step, epoch])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 2],
      [7, 2],
      [8, 2],
    ])
    expect(seen.map(({ evaluation }) => evaluation)).toEqual([
      undefined,
      undefined,
      2,
      undefined,
      undefined,
      2,
      undefined,
      undefined,
      2,
    ])
    expect(seen.every(({ loss, gradNorm, lr }) => loss > 0 && gradNorm > 0 && lr! > 0)).toBe(true)
    expect(model.training).toBe(false)
  })

  test('brings the loss down', async () => {
    const model = newModel(0)
    const seen = await all(
      fit(model, data, { epochs: 40, batchSize: 10, optimizer: adamw(model, { lr: 0.01 }) }),
    )
    expect(seen.at(-1)!.loss).toBeLessThan(0.2 * seen[0]!.loss)
  })

  test.each([1, 2, 3, 5, 8])(
    'a run stopped after %i steps goes on with the same bits, from a file',
    async (stop) => {
      const whole = newModel()
      const expected = await all(fit(whole, data, recipe(whole)))
      const path = join(folder, `stopped-${stop}.safetensors`)
      const first = newModel()
      await all(fit(first, data, { ...recipe(first), checkpoint: path, checkpointEvery: 1 }), stop)
      const second = newModel()
      for (const parameter of second.parameters()) parameter.update((values) => values.fill(9))
      const rest = await all(fit(second, data, { ...recipe(second), checkpoint: path, checkpointEvery: 1 }))
      expect(bitsOf(second)).toEqual(bitsOf(whole))
      expect(rest.at(-1)!.loss).toBe(expected.at(-1)!.loss)
      expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
    },
  )

  test('a run that is over makes no step more', async () => {
    const path = join(folder, 'over.safetensors')
    for (const count of [3, 0]) {
      const model = newModel()
      expect(await all(fit(model, data, { ...recipe(model), epochs: 1, checkpoint: path }))).toHaveLength(
        count,
      )
    }
  })

  test('a checkpoint of something else is refused by name, and nothing is loaded', async () => {
    const path = join(folder, 'other.safetensors')
    writeFileSync(path, 'not a file of tensors')
    const model = newModel()
    const before = bitsOf(model)
    await expect(all(fit(model, data, { checkpoint: path }))).rejects.toThrow()
    expect(bitsOf(model)).toEqual(before)
  })

  test('a run of another model is refused by the name of its file, and nothing is loaded', async () => {
    const path = join(folder, 'run.safetensors')
    const other = new Sequential(new Rearrange('b c h w -> b (c h w)'), new Linear(64, 3))
    await all(fit(other, data, { checkpoint: path }))
    const model = newModel()
    const before = bitsOf(model)
    await expect(all(fit(model, data, { checkpoint: path }))).rejects.toThrow(
      `fit: ${path}: holds a run that this model cannot go on with — `,
    )
    expect(bitsOf(model)).toEqual(before)
  })

  test('a run that cannot be gone on with leaves the model as it is', async () => {
    const path = join(folder, 'kept.safetensors')
    await all(fit(newModel(), data, { checkpoint: path, seed: 3 }))
    const tensors = readSafetensors(readFileSync(path))
    const damaged = (name: string, array: object) => {
      writeFileSync(path, writeSafetensors({ ...tensors, [name]: array } as never))
      return { checkpoint: path }
    }
    const one = ndarray(new Float32Array(1), [1])
    const place = (...values: number[]) => ndarray(Float64Array.from(values), [7])
    for (const [options, message] of [
      [() => ({ checkpoint: path, seed: 4 }), "the checkpoint's seed is another — got 4, it has 3"],
      [() => damaged('optimizer.exp_avg.norm.weight', one), 'cannot be gone on with — '],
      [() => damaged('run.position', place(1, 1, 0, -1e9, 3, 0, 0)), 'the file is damaged'],
      [() => damaged('run.position', place(1, 1, Number.NaN, 0, 3, 0, 0)), 'the file is damaged'],
    ] as const) {
      const model = newModel()
      for (const parameter of model.parameters()) parameter.update((values) => values.fill(0.5))
      const before = bitsOf(model)
      await expect(all(fit(model, data, options()))).rejects.toThrow(message)
      expect(bitsOf(model)).toEqual(before)
    }
  })

  test('what is no name of a file, no optimiser and no average is refused before the first step', async () => {
    const model = newModel()
    const before = bitsOf(model)
    for (const [options, message] of [
      [{ checkpoint: '' }, 'is no name of a file'],
      [{ checkpoint: `${folder}/none/` }, 'is no name of a file'],
      [{ checkpoint: {} }, "bad option 'checkpoint'"],
      [{ optimizer: {} }, "bad option 'optimizer'"],
      [{ ema: {} }, "bad option 'ema'"],
    ] as const)
      await expect(all(fit(model, data, options as never))).rejects.toThrow(message)
    expect(bitsOf(model)).toEqual(before)
  })

  test('a checkpoint that cannot be written is refused before the first step', async () => {
    const model = newModel()
    const before = bitsOf(model)
    const path = join(folder, 'nowhere', 'run.safetensors')
    const started = fit(model, data, { checkpoint: path }).next()
    await expect(started).rejects.toThrow(`fit: ${path}: no such folder`)
    await expect(started).rejects.toThrow(CheckpointError)
    await expect(fit(model, data, { checkpoint: folder }).next()).rejects.toThrow(
      `fit: ${folder}: is a folder, expected a file`,
    )
    expect(bitsOf(model)).toEqual(before)
  })

  test('what `augment` gives has to be a batch', async () => {
    const nothing = { augment: () => undefined } as never
    await expect(fit(newModel(), data, nothing).next()).rejects.toThrow(
      'fit: a batch is { images, labels } — got undefined',
    )
  })

  test('ends after the step under way when it is aborted', async () => {
    const controller = new AbortController()
    const seen: number[] = []
    for await (const { step } of fit(newModel(), data, {
      epochs: 5,
      batchSize: 4,
      signal: controller.signal,
    })) {
      seen.push(step)
      if (step === 3) controller.abort()
    }
    expect(seen).toEqual([0, 1, 2, 3])
  })

  test('ends when evaluations are no numbers', async () => {
    const scores = [0.5, Number.NaN, Number.NaN, Number.NaN]
    const epochs = await all(
      fit(newModel(), data, { epochs: 4, batchSize: 10, patience: 2, evaluate: () => scores.shift()! }),
    )
    expect(epochs).toHaveLength(3)
  })

  test('ends when evaluations do not get better', async () => {
    const scores = [0.5, 0.7, 0.6, 0.7, 0.9]
    let epoch = 0
    const seen = await all(
      fit(newModel(), data, { epochs: 9, batchSize: 10, patience: 2, evaluate: () => scores[epoch++]! }),
    )
    expect(seen.map(({ evaluation }) => evaluation)).toEqual([0.5, 0.7, 0.6, 0.7])
    await expect(all(fit(newModel(), data, { patience: 2 }))).rejects.toThrow('there is no evaluate')
  })

  test('says what its loss is given, where a loss of answers stands', async () => {
    const losses = all(fit(newModel(), data, { loss: crossEntropy as never }))
    await expect(losses).rejects.toThrow('expected one of a model and a batch')
  })

  test('takes batches from any iterable, also one that is slow', async () => {
    async function* batches(epoch: number) {
      for (let i = 0; i < 2 + epoch; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        yield data
      }
    }
    expect(await all(fit(newModel(), batches, { epochs: 2 }))).toHaveLength(5)
    expect(await all(fit(newModel(), [data, data]))).toHaveLength(2)
    await expect(all(fit(newModel(), [{ images: data.images, labels: [1] }]))).rejects.toThrow(/1 and 10/)
    const bare = { images: data.images, labels: new Uint8Array(10) as never }
    await expect(all(fit(newModel(), bare))).rejects.toThrow(/bare Uint8Array[\s\S]*ndarray\(values, shape\)/)
    await expect(all(fit(newModel(), 3 as never))).rejects.toThrow(/no batches/)
  })

  test('refuses options that there are not', async () => {
    await expect(all(fit(newModel(), data, { epoch: 3 } as never))).rejects.toThrow(/epochs/)
    await expect(all(fit(newModel(), data, { lr: 3 } as never))).rejects.toThrow('adamw(model, { lr })')
  })
})

test('linear memory is the same after many steps as after a few', async () => {
  const model = newModel()
  const sizes: number[] = []
  for await (const { step } of fit(model, data, { epochs: 100, batchSize: 5, optimizer: adamw(model) })) {
    if (step === 20 || step === 199) sizes.push(getHeap()!.memory.used)
  }
  expect(sizes[1]).toBe(sizes[0])
})

test('what is computed again on the way back gives the same bits, dropout included', () => {
  const model = newModel(0.3).train()
  const loss = () => crossEntropy(model.forward(data.images), data.labels)
  const seeds = [false, true].map((checkpoint) => {
    manualSeed(5)
    const again = newModel(0.3).train()
    const value = () => crossEntropy(again.forward(data.images), data.labels)
    again.eval()
    return valueAndGradients(again, value, { checkpoint })
  })
  expect([...seeds[0]!.gradients.values()].map(({ data }) => [...data])).toEqual(
    [...seeds[1]!.gradients.values()].map(({ data }) => [...data]),
  )
  // with dropout the slope along a parameter has to agree with what is computed again: the loss falls along it
  const { value, gradients } = valueAndGradients(model, loss, { checkpoint: true })
  expect(Number.isFinite(value)).toBe(true)
  expect(gradients.size).toBe([...model.parameters()].length)
})
