import ndarray from 'ndarray'
import { CheckpointError, readSafetensors, type StateDict, writeSafetensors } from 'tesserae/checkpoint'
import { Linear, PatchEmbed, Sequential, VisionTransformer } from 'tesserae/nn'
import { describe, expect, test, vi } from 'vitest'
import { getHeap } from '../../src/wasm/heap.ts'
import { valuesOf, waves } from './arrays.ts'

const make = () => new Sequential({ fc1: new Linear(2, 3), fc2: new Linear(3, 1) })

function failure(load: () => unknown): CheckpointError {
  try {
    load()
  } catch (error) {
    if (error instanceof CheckpointError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('stateDict', () => {
  test('is a copy: writing to it leaves the model alone', () => {
    const model = make()
    const dict = model.stateDict()
    dict['fc1.weight']!.data.fill(7)
    expect(model.stateDict()['fc1.weight']!.data[0]).not.toBe(7)
  })

  test('loads into a model of the same shape, which then computes the same', () => {
    const [a, b] = [make(), make()]
    const report = b.loadStateDict(a.stateDict())
    expect(report).toEqual({ missing: [], unexpected: [] })
    expect(valuesOf(b.forward(waves([4, 2])))).toEqual(valuesOf(a.forward(waves([4, 2]))))
  })

  test('survives a safetensors file bit by bit', () => {
    const model = make()
    const dict = readSafetensors(writeSafetensors(model.stateDict()))
    const twin = make()
    twin.loadStateDict(dict)
    expect(Object.keys(twin.stateDict())).toEqual(Object.keys(model.stateDict()))
    for (const [name, array] of Object.entries(model.stateDict())) {
      expect(twin.stateDict()[name]!.data).toEqual(array.data)
    }
  })
})

describe('loadStateDict', () => {
  test('lists everything that does not fit, with the nearest name, and changes nothing', () => {
    const model = make()
    const before = model.stateDict()
    const { 'fc1.bias': bias, ...rest } = model.stateDict()
    const dict: StateDict = {
      ...rest,
      'fc1.bais': bias!,
      'fc2.weight': waves([3, 1]),
      'fc1.weight': waves([3, 2]),
    }
    const { message, code } = failure(() => model.loadStateDict(dict))
    expect(code).toBe('state/mismatch')
    expect(message).toContain('Sequential.loadStateDict: 3 parameters do not fit, nothing was loaded')
    expect(message).toContain("missing fc1.bias — did you mean 'fc1.bais'?")
    expect(message).toContain("unexpected fc1.bais — did you mean 'fc1.bias'?")
    expect(message).toContain('misshapen fc2.weight — got [3,1], expected [1,3]')
    expect(Object.values(model.stateDict()).map(valuesOf)).toEqual(Object.values(before).map(valuesOf))
  })

  test('with strict: false takes what is there and reports the rest', () => {
    const model = make()
    const report = model.loadStateDict({ 'fc2.bias': waves([1], 9), other: waves([1]) }, { strict: false })
    expect(report).toEqual({
      missing: ['fc1.weight', 'fc1.bias', 'fc2.weight'],
      unexpected: ['other'],
    })
    expect(valuesOf(model.stateDict()['fc2.bias']!)).toEqual(valuesOf(waves([1], 9)))
  })

  test('with strict: false still refuses wrong shapes', () => {
    const model = make()
    expect(
      failure(() => model.loadStateDict({ 'fc2.bias': waves([2]) }, { strict: false })).message,
    ).toContain('misshapen fc2.bias — got [2], expected [1]')
  })

  test('refuses integers, which may be the bits of halves', () => {
    const dict = { ...make().stateDict(), 'fc2.bias': ndarray(new Uint16Array(1), [1]) }
    expect(failure(() => make().loadStateDict(dict)).message).toContain('unfit fc2.bias — got uint16')
  })

  test('says what is no ndarray where one is needed, and passes over it elsewhere', () => {
    const model = make()
    const dict = model.stateDict()
    for (const wrong of [null, undefined, 7, 'x', [1, 2], new Float32Array(3)]) {
      const load = () => model.loadStateDict({ ...dict, 'fc1.bias': wrong } as unknown as StateDict)
      expect(failure(load).message).toContain('unfit fc1.bias — got no ndarray, expected float32')
      const report = model.loadStateDict({ ...dict, extra: wrong } as unknown as StateDict, { strict: false })
      expect(report.unexpected).toEqual(['extra'])
    }
  })

  test('takes views of any strides', () => {
    const model = make()
    const weight = waves([2, 3]).transpose(1, 0)
    model.loadStateDict({ ...model.stateDict(), 'fc1.weight': weight })
    expect(valuesOf(model.stateDict()['fc1.weight']!)).toEqual(valuesOf(weight))
  })

  test('finds no parameter under the name of a method of Object', () => {
    const dict = JSON.parse('{"__proto__": 1}') as object
    const { message } = failure(() =>
      make().loadStateDict({ ...make().stateDict(), constructor: waves([1]), ...dict } as StateDict),
    )
    expect(message).toContain('unexpected constructor')
  })
})

describe('a weight of two forms', () => {
  const conv = new PatchEmbed({ imgSize: 8, patchSize: 4, inChans: 2, embedDim: 5, projection: 'conv' })
  const linear = new PatchEmbed({ imgSize: 8, patchSize: 4, inChans: 2, embedDim: 5, projection: 'linear' })

  test('is loaded as it comes, computed with as it means, and written back as it came', () => {
    const x = waves([1, 2, 8, 8])
    const dict = conv.stateDict()
    linear.loadStateDict(dict)
    expect(linear.stateDict()['proj.weight']!.shape).toEqual([5, 2, 4, 4])
    expect(valuesOf(linear.forward(x))).toEqual(valuesOf(conv.forward(x)))
  })

  test('in a model keeps its form through a round trip', () => {
    const options = {
      imgSize: 8,
      patchSize: 4,
      inChans: 2,
      embedDim: 6,
      depth: 1,
      numHeads: 2,
      numClasses: 3,
    }
    const model = new VisionTransformer({ ...options, projection: 'linear' })
    const other = new VisionTransformer({ ...options, projection: 'conv' })
    other.loadStateDict(model.stateDict())
    expect(other.stateDict()['patch_embed.proj.weight']!.shape).toEqual([6, 32])
    const x = waves([2, 2, 8, 8])
    expect(valuesOf(other.forward(x))).toEqual(valuesOf(model.forward(x)))
  })
})

describe('a parameter', () => {
  const noRoom = () => {
    throw new RangeError('no room')
  }

  test('whose new values find no memory keeps its old ones, and takes them once there is room', () => {
    const layer = new Linear(2, 3)
    layer.loadStateDict({ weight: waves([3, 2], 1), bias: waves([3], 2) })
    const x = waves([4, 2])
    const before = valuesOf(layer.forward(x))
    const { memory } = getHeap()!
    const full = [
      vi.spyOn(memory, 'allocate').mockImplementation(noRoom),
      vi.spyOn(Float32Array.prototype, 'slice').mockImplementation(noRoom),
    ]
    try {
      expect(() => layer.weight.assign(waves([3, 2], 5))).toThrow('no room')
    } finally {
      for (const spy of full) spy.mockRestore()
    }
    expect(valuesOf(layer.weight.array)).toEqual(valuesOf(waves([3, 2], 1)))
    expect(valuesOf(layer.forward(x))).toEqual(before)
    layer.weight.assign(waves([3, 2], 5))
    expect(valuesOf(layer.weight.array)).toEqual(valuesOf(waves([3, 2], 5)))
  })

  test('is loaded also where linear memory is full', () => {
    const layer = new Linear(2, 3)
    const full = vi.spyOn(getHeap()!.memory, 'allocate').mockImplementation(noRoom)
    try {
      layer.loadStateDict({ weight: waves([3, 2], 1), bias: waves([3], 2) })
    } finally {
      full.mockRestore()
    }
    const twin = new Linear(2, 3)
    twin.loadStateDict({ weight: waves([3, 2], 1), bias: waves([3], 2) })
    expect(valuesOf(layer.forward(waves([4, 2])))).toEqual(valuesOf(twin.forward(waves([4, 2]))))
  })

  test('whose array is held changes in it, unless the new values come in the other form', () => {
    const options = { imgSize: 8, patchSize: 4, inChans: 2, embedDim: 5 }
    const embed = new PatchEmbed({ ...options, projection: 'linear' })
    const { weight } = embed.proj
    const held = weight.array
    weight.assign(waves([5, 32], 3))
    expect(valuesOf(held)).toEqual(valuesOf(waves([5, 32], 3)))
    const conv = new PatchEmbed({ ...options, projection: 'conv' })
    embed.loadStateDict(conv.stateDict())
    expect(held.shape).toEqual([5, 32])
    expect(valuesOf(held)).toEqual(valuesOf(waves([5, 32], 3)))
    held.data.fill(0)
    const x = waves([1, 2, 8, 8])
    expect(weight.array.shape).toEqual([5, 2, 4, 4])
    expect(valuesOf(embed.forward(x))).toEqual(valuesOf(conv.forward(x)))
    weight.array.data.fill(0)
    expect(valuesOf(embed.forward(x))).not.toEqual(valuesOf(conv.forward(x)))
  })
})

describe('what is no state dict', () => {
  const layer = new Linear(2, 3)

  test.each<[string, unknown, string]>([
    [
      'the bytes of a file',
      new Uint8Array(9),
      'got a bare Uint8Array; readSafetensors(bytes) makes one of bytes',
    ],
    ['a path', 'model.safetensors', 'got "model.safetensors"'],
    ['a promise', Promise.resolve({}), 'got a Promise; an await is missing'],
    ['nothing', null, 'got null'],
  ])('%s is said to be that', (_, dict, words) => {
    expect(() => layer.loadStateDict(dict as never)).toThrow(words)
  })

  test('of many parameters that do not fit, some are listed', () => {
    const dict = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`extra.${i}`, waves([1])]))
    expect(() => layer.loadStateDict(dict)).toThrow(/unexpected extra\.17.*\n {2}and 82 more$/)
  })
})
