/** A model of a file: tensors come one after the other through the same memory, whatever they are called and made of. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WINDOW_BYTES } from '../../src/checkpoint/windows.ts'
import { CheckpointError, convertNames, type StateDict, writeSafetensors } from '../../src/checkpoint.ts'
import { ImageError } from '../../src/image.ts'
import { metadataOf, VisionTransformer, type VisionTransformerOptions } from '../../src/nn.ts'
import { getHeap } from '../../src/wasm/heap.ts'
import { distance, randn } from '../documents/arrays.ts'

const small = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 10 }
const told = { numHeads: 3, eps: 1e-6 }
const x = randn([1, 3, 32, 32])

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The path of a file with these bytes. */
async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

const models = {
  plain: small,
  'registers and scales': { ...small, regTokens: 4, noEmbedClass: false, initValues: 0.1 },
}

for (const [name, options] of Object.entries(models)) {
  const model = new VisionTransformer(options)
  const expected = model.forward(x)
  for (const to of ['timm', 'huggingface', 'torch'] as const) {
    if (to === 'torch' && options !== small) continue // it has no names for them
    const dict: StateDict = { ...model.stateDict() }
    // DINOv2's registers have no positions; timm's are then zeros
    if (options !== small) zeroRegisterPositions(dict)
    const wanted = options === small ? expected : VisionTransformer.fromStateDict(dict, told).forward(x)
    const named = convertNames(dict, { from: 'timm', to })

    test(`${name}, names of ${to}: from one file, from several, from a Blob`, async () => {
      const bytes = writeSafetensors(named)
      const shards = await sharded(named)
      for (const source of [await file('model.safetensors', bytes), shards, new Blob([bytes])]) {
        const copy = await VisionTransformer.fromCheckpoint(source, told)
        expect(distance(copy.forward(x), wanted)).toBe(0)
        copy.dispose()
      }
    })

    test(`${name}, names of ${to}: half precision is widened on the way`, async () => {
      const path = await file('half.safetensors', writeSafetensors(named, {}, { floats: 'F16' }))
      const copy = await VisionTransformer.fromCheckpoint(path, told)
      const difference = distance(copy.forward(x), wanted)
      expect(difference).toBeGreaterThan(0)
      expect(difference).toBeLessThan(0.02)
    })
  }
}

test('queries, keys and values that are read one after the other into the same memory come together', async () => {
  const model = new VisionTransformer({ ...small, embedDim: 528, depth: 2, numHeads: 8 })
  const named = convertNames(model.stateDict(), { from: 'timm', to: 'huggingface' })
  expect(named['vit.encoder.layer.0.attention.attention.key.weight']!.size * 4).toBeGreaterThan(WINDOW_BYTES)
  const path = await file('large.safetensors', writeSafetensors(named))
  const copy = await VisionTransformer.fromCheckpoint(path, { numHeads: 8, eps: 1e-6 })
  expect(distance(copy.forward(x), model.forward(x))).toBe(0)
})

test('a file that does not fit says so before anything is read of it', async () => {
  const dict: StateDict = { ...new VisionTransformer(small).stateDict() }
  dict['norm.weight'] = ndarray(new Int32Array(48))
  dict['norm.bias'] = ndarray(new Float32Array(47))
  delete dict['head.bias']
  let reads = 0
  const blob = counted(writeSafetensors(dict), () => ++reads)
  await expect(VisionTransformer.fromCheckpoint(blob, told)).rejects.toThrow(
    `VisionTransformer.fromCheckpoint: 3 parameters do not fit, nothing was loaded
  missing head.bias
  unfit norm.weight — got int32, expected float32
  misshapen norm.bias — got [47], expected [48]`,
  )
  expect(reads).toBe(2) // its length and its header
})

test.each([
  ['of another width', [8, 47]],
  ['of another rank', [48]],
])('keys %s than the queries are refused before anything is read', async (_, shape) => {
  const named = convertNames(new VisionTransformer(small).stateDict(), { from: 'timm', to: 'huggingface' })
  const size = shape.reduce((n, length) => n * length, 1)
  named['vit.encoder.layer.1.attention.attention.key.weight'] = ndarray(new Float32Array(size), shape)
  let reads = 0
  const blob = counted(writeSafetensors(named), () => ++reads)
  await expect(VisionTransformer.fromCheckpoint(blob, told)).rejects.toThrow(
    `queries, keys and values of 'blocks.1.attn.qkv.weight' do not go together — got float32 [48,48], float32 [${shape}] and float32 [48,48]`,
  )
  expect(reads).toBe(2)
})

test('what is no checkpoint at all is called that', async () => {
  for (const source of [null, undefined, 7] as unknown as StateDict[]) {
    await expect(VisionTransformer.fromCheckpoint(source)).rejects.toThrow(
      `the source is no checkpoint — got ${source}, expected a path, a Blob, bytes or arrays by name`,
    )
  }
})

test('a file that cannot be read to its end leaves no memory behind', async () => {
  const bytes = writeSafetensors(new VisionTransformer({ ...small, embedDim: 192 }).stateDict())
  const used = getHeap()?.memory.used
  let reads = 0
  const blob = counted(bytes, () => {
    if (++reads === 4) throw new Error('the disk is gone')
  })
  const failure = await VisionTransformer.fromCheckpoint(blob, told).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CheckpointError)
  expect(String(failure)).toMatch(/tensors? ".+" cannot be read: the disk is gone/)
  expect(reads).toBeGreaterThan(3)
  expect(getHeap()?.memory.used).toBe(used)
})

/** A Blob that tells each reading. */
function counted(bytes: Uint8Array<ArrayBuffer>, reading: () => void): Blob {
  return new (class extends Blob {
    override slice(start?: number, end?: number): Blob {
      const part = super.slice(start, end)
      part.arrayBuffer = async () => {
        reading()
        return bytes.slice(start, end).buffer
      }
      return part
    }
  })([bytes])
}

/** The index of two files that have every other tensor. */
async function sharded(dict: StateDict): Promise<string> {
  const weightMap: Record<string, string> = {}
  const shards: [StateDict, StateDict] = [{}, {}]
  for (const [i, [name, tensor]] of Object.entries(dict).entries()) {
    weightMap[name] = `part-${i % 2}.safetensors`
    shards[i % 2 === 0 ? 0 : 1][name] = tensor
  }
  for (const [i, shard] of shards.entries()) await file(`part-${i}.safetensors`, writeSafetensors(shard))
  return file('model.safetensors.index.json', JSON.stringify({ weight_map: weightMap }))
}

function zeroRegisterPositions(dict: StateDict): void {
  const positions = dict['pos_embed']!
  for (let token = 1; token < 5; token++) for (let i = 0; i < 48; i++) positions.set(0, token, i, 0)
}

test.each([
  [4, 2],
  [3, 5],
  [6, 4],
])(
  'a size that is told explains positions, also those that could be of a square: %i × %i patches',
  async (h, w) => {
    const imgSize = [8 * h, 8 * w] as const
    const model = new VisionTransformer({ ...small, imgSize })
    const picture = randn([1, 3, ...imgSize])
    const expected = [...model.forward(picture).data]
    const asOption = await VisionTransformer.fromCheckpoint(model.stateDict(), { ...told, imgSize })
    expect([...asOption.forward(picture).data]).toEqual(expected)
    const configurations = { 'config.json': { image_size: imgSize, patch_size: 8 } }
    const asConfiguration = await VisionTransformer.fromCheckpoint(model.stateDict(), told, configurations)
    expect([...asConfiguration.forward(picture).data]).toEqual(expected)
  },
)

test("the hub's configuration in the same folder is believed where no option says otherwise", async () => {
  const told = { numHeads: 3, eps: 1e-5, actLayer: 'gelu-tanh', globalPool: 'avg', fcNorm: false } as const
  const model = new VisionTransformer({ ...small, ...told })
  const own = await mkdtemp(join(folder, 'hub-'))
  const path = join(own, 'model.safetensors')
  await writeFile(path, writeSafetensors(model.stateDict()))
  await expect(VisionTransformer.fromCheckpoint(path)).rejects.toThrow(
    'the number of heads is not to be seen',
  )
  const config = {
    num_attention_heads: 3,
    layer_norm_eps: 1e-5,
    hidden_act: 'gelu_pytorch_tanh',
    global_pool: 'avg',
  }
  await writeFile(join(own, 'config.json'), JSON.stringify(config))
  const copy = await VisionTransformer.fromCheckpoint(path)
  expect(distance(copy.forward(x), model.forward(x))).toBe(0)
  expect(copy.guesses).toEqual([])
  expect((await VisionTransformer.fromCheckpoint(path, { eps: 1e-6 })).options.eps).toBe(1e-6)
  await writeFile(join(own, 'config.json'), 'no JSON')
  await expect(VisionTransformer.fromCheckpoint(path)).rejects.toThrow(
    'the number of heads is not to be seen',
  )
})

test('the activation of a configuration is not that of a gated MLP, which has one of its own', async () => {
  const model = new VisionTransformer({ ...small, mlpLayer: 'SwiGLUPacked', actLayer: 'silu' })
  const own = await mkdtemp(join(folder, 'gated-'))
  const path = join(own, 'model.safetensors')
  await writeFile(path, writeSafetensors(model.stateDict()))
  await writeFile(join(own, 'config.json'), '{"num_attention_heads": 3, "hidden_act": "gelu"}')
  const copy = await VisionTransformer.fromCheckpoint(path)
  expect(distance(copy.forward(x), model.forward(x))).toBe(0)
})

describe('a configuration that is not of this model', () => {
  async function beside(config: object, options: VisionTransformerOptions = {}) {
    const own = await mkdtemp(join(folder, 'other-'))
    const path = join(own, 'model.safetensors')
    await writeFile(
      path,
      writeSafetensors(new VisionTransformer({ ...small, embedDim: 128, numHeads: 2 }).stateDict()),
    )
    await writeFile(join(own, 'config.json'), JSON.stringify(config))
    return VisionTransformer.fromCheckpoint(path, options)
  }

  test('but of another width tells nothing', async () => {
    const { options, guesses } = await beside({
      hidden_size: 1024,
      num_attention_heads: 16,
      layer_norm_eps: 1e-12,
    })
    expect([options.numHeads, options.eps]).toEqual([2, 1e-6])
    expect(guesses).toHaveLength(3)
    expect(guesses.at(-1)).toBe(
      'the configuration is of a model of 1024 features, where this one has 128: nothing of it is believed',
    )
  })

  test('does not tell heads that do not divide, nor a pooling that tensors contradict', async () => {
    for (const config of [{ num_heads: 12 }, { global_pool: 'map' }, { global_pool: '' }]) {
      const { options } = await beside(config)
      expect([options.numHeads, options.globalPool]).toEqual([2, 'token'])
    }
  })

  test('gives way to a width of heads that is given', async () => {
    expect((await beside({ num_heads: 2 }, { headDim: 32 })).options.numHeads).toBe(4)
  })

  test('whose activation is not known is among the guesses', async () => {
    expect((await beside({ hidden_act: 'mish' })).guesses).toContain(
      "actLayer is 'gelu', where the configuration has 'mish'",
    )
  })
})

describe('a file that says of itself what cannot be', () => {
  const model = new VisionTransformer(small)
  const own = JSON.parse(metadataOf(model)['tesserae']!) as {
    options: object
    preparation: object
  }
  const opened = (options: object, preparation: object = {}) => {
    const said = {
      options: { ...own.options, ...options },
      preparation: { ...own.preparation, ...preparation },
    }
    return VisionTransformer.fromStateDict(model.stateDict(), {}, { tesserae: JSON.stringify(said) })
  }

  test.each<[object, string]>([
    [{ patchSize: 'x' }, "the file's metadata: bad option 'patchSize'"],
    [{ depth: {} }, "the file's metadata: bad option 'depth'"],
    [{ depth: 10_000 }, "the file's metadata: depth is 10000, and there are"],
    [{ imgSize: 1e9 }, 'expected at most 2^26 pixels'],
    [{ patchPadding: 1e9 }, 'expected at most 2^26 pixels'],
  ])('%j makes no model', (options, words) => {
    expect(() => opened(options)).toThrow(CheckpointError)
    expect(() => opened(options)).toThrow(words)
  })

  test('about pictures is refused when the preparation is asked', () => {
    expect(opened({}).preparation.size).toEqual([32, 32])
    for (const wrong of [{ size: 'x' }, { mean: ['a', 'b', 'c'] }, { std: [0, 0, 0] }]) {
      expect(() => opened({}, wrong).preparation).toThrow(ImageError)
    }
  })

  test('neither does a configuration whose pictures end the memory', () => {
    const dict = new VisionTransformer({
      ...small,
      posEmbed: 'none',
      rotary: true,
    }).stateDict()
    const given = { numHeads: 3, posEmbed: 'none', rotary: true } as const
    const config = { 'config.json': { image_size: 1e9 } }
    expect(() => VisionTransformer.fromStateDict(dict, given, config)).toThrow('expected at most 2^26 pixels')
  })
})

describe('other classes than the checkpoint has', () => {
  const model = new VisionTransformer({ ...small, distilled: true })
  const dict: StateDict = model.stateDict()

  test('begin with a new head, of which it is said', async () => {
    const other = await VisionTransformer.fromCheckpoint(
      await file('h.safetensors', writeSafetensors(dict)),
      {
        ...told,
        numClasses: 3,
      },
    )
    expect(other.forward(x).shape).toEqual([1, 3])
    expect(other.preLogits(x)).toEqual(model.preLogits(x))
    expect(other.guesses).toContain(
      'the checkpoint has a head of 10 classes: the one of 3 has not learned yet',
    )
  })

  test('none leave the head out', () => {
    const features = VisionTransformer.fromStateDict(dict, { ...told, numClasses: 0 })
    expect(Object.keys(features.stateDict()).filter((name) => name.startsWith('head'))).toEqual([])
    expect(features.preLogits(x)).toEqual(model.preLogits(x))
    expect(features.guesses).toContain('the checkpoint has a head of 10 classes: it is left out')
  })

  test('are added to a checkpoint without a head, and the same number keeps the head', () => {
    const bare = Object.fromEntries(Object.entries(dict).filter(([name]) => !name.startsWith('head')))
    const other = VisionTransformer.fromStateDict(bare, { ...told, numClasses: 4 })
    expect(other.forward(x).shape).toEqual([1, 4])
    expect(other.guesses).toContain('the checkpoint has no head: the one of 4 has not learned yet')
    const same = VisionTransformer.fromStateDict(dict, { ...told, numClasses: 10 })
    expect(same.forward(x)).toEqual(model.forward(x))
  })
})
