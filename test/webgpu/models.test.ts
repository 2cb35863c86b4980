/** Models on the card, from end to end, against the host: every kind of block, the digits, published families; what changes meanwhile, and what is lost. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ndarray, { type NdArray } from 'ndarray'
import { EinopsError, einsum } from 'tesserae'
import { readSafetensors } from 'tesserae/checkpoint'
import { Linear, Module, quantize, trace, VisionTransformer, ViT } from 'tesserae/nn'
import { gpu } from 'tesserae/webgpu'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { rearrangeTensor } from '../../src/ops/rearrange.ts'
import type { Value } from '../../src/steps/value.ts'
import { add } from '../../src/steps/zip.ts'
import { openCase } from '../conformance/families.ts'
import { inputOf } from '../program/inputs.ts'
import { cases, differential } from '../program/models.ts'
import { dawn, newDevice, newQuickDevice, withLimits } from './card.ts'
import { describeCard } from './describe.ts'

function expectClose(y: NdArray<Float32Array>, expected: NdArray<Float32Array>, within = 1e-4): void {
  expect(y.shape).toEqual(expected.shape)
  const most = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  // a NaN is no number within anything
  const worst = y.data.reduce((worst, value, i) => {
    const off = Math.abs(value - expected.data[i]!)
    return off <= worst ? worst : off
  }, 0)
  expect(worst).toBeLessThanOrEqual(within * most)
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

describeCard('models on the card', async () => {
  const device = await newQuickDevice()
  afterAll(() => device.destroy())

  test.each(Object.entries({ ...cases, 'differential attention': differential }))(
    '%s: what the host gives, to 1e-4',
    async (_, [make, shape]) => {
      const model = make()
      const run = await gpu(model, { device })
      for (const seed of [1, 2]) {
        const x = inputOf(shape, seed)
        expectClose(await run.run(x), model.forward(x))
      }
      run.dispose()
    },
  )

  // kernels differ from those of single precision in how parameters are read alone: as vectors, as elements, by index
  const inHalf = [
    'a ViT',
    'rotary positions with learned frequencies',
    'RMS norms and a packed gate',
    'another grid',
    'patches as an image',
    'a pool alone',
  ] as const
  test.each(inHalf)('%s in half precision: to 1e-2', async (name) => {
    const [make, shape] = cases[name]!
    const model = make()
    const run = await gpu(model, { device, precision: 'float16' })
    const x = inputOf(shape)
    const y = await run.run(x)
    expectClose(y, model.forward(x), 1e-2)
    expect(y.data).not.toEqual((await (await gpu(model, { device })).run(x)).data)
    run.dispose()
  })

  const families =
    'hf-beit-a timm-rope-mixed-a timm-relpos-a hf-siglip2-naflex-a open-clip-trunk-eva02-a timm-pe-core-a'.split(
      ' ',
    )
  const folder = file('../../../shared/vectors/families')
  const wanted = (process.env['FAMILIES'] ?? families.join()).split(',')
  test.skipIf(!existsSync(folder)).each(wanted)('the family %s (needs ../shared)', async (id) => {
    const { model, tensors } = await openCase(folder, id)
    const x = tensors['input.x'] as NdArray<Float32Array>
    const run = await gpu(model, { device })
    expectClose(await run.run(x), model.forward(x))
    run.dispose()
  })

  test('the digits are read as on the host, one at a time and many', async () => {
    const weights = readSafetensors(readFileSync(file('../../docs/start/vit-digits.safetensors')))
    const model = new ViT({
      ...{ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 },
      ...{ numHeads: 4, numEncoders: 4, numClasses: 10, expansion: 4 },
    })
    model.loadStateDict(weights)
    model.eval()
    const run = await gpu(model, { device })
    for (const shape of [
      [1, 1, 28, 28],
      [5, 1, 28, 28],
    ]) {
      const x = inputOf(shape)
      expectClose(await run.run(x), model.forward(x))
    }
    run.dispose()
  })

  describe('in eight bits', () => {
    const options = { imgSize: 16, patchSize: 8, embedDim: 48, depth: 1, numHeads: 3, numClasses: 5 }
    /** A model whose weights are codes, and one of float32 with the values that these stand for. */
    const pair = (more = {}) => {
      const model = new VisionTransformer({ ...options, ...more })
      quantize(model)
      const wide = new VisionTransformer({ ...options, ...more })
      wide.loadStateDict(model.stateDict())
      return [model, wide] as const
    }

    test.each([
      ['one map for all', { blockFn: 'ParallelScalingBlock' }],
      ['pooled by attention', { globalPool: 'map' }],
      ['widths that no vector divides', { mlpRatio: 1.25, numClasses: 7 }],
    ])('%s: codes are multiplied as they are, by the values they stand for', async (_, more) => {
      const [model, wide] = pair(more)
      const run = await gpu(model, { device })
      const x = inputOf([2, 3, 16, 16])
      expectClose(await run.run(x), wide.forward(x))
      const most = [...model.parameters()].reduce((sum, { precision, size, shape }) => {
        const padded = (bytes: number) => 16 * Math.ceil(bytes / 16)
        return sum + (precision === 'float32' ? padded(4 * size) : padded(size) + padded(4 * shape[0]!))
      }, 0)
      expect((await run.memory()).parameters).toBe(most)
      model.loadStateDict(pair(more)[0].stateDict())
      wide.loadStateDict(model.stateDict())
      expectClose(await run.run(x), wide.forward(x))
      run.dispose()
    })

    test('a weight larger than a binding is cut up, with its scales', async () => {
      const model = new Linear(64, 100)
      quantize(model)
      const wide = new Linear(64, 100)
      wide.loadStateDict(model.stateDict())
      const x = inputOf([9, 64])
      const small = withLimits(device, { maxStorageBufferBindingSize: 4096 })
      expectClose(await (await gpu(trace(model, [9, 64]), { device: small })).run(x), wide.forward(x))
    })

    test('a weight that something else than a product reads is widened for it', async () => {
      const layer = new Linear(32, 8)
      quantize(layer)
      const w = layer.weight.array
      class Twice extends Module {
        readonly inner = layer
        override compute(x: Value): Value {
          return add(layer.compute(x), rearrangeTensor(layer.weight, 'o i -> i o'))
        }
      }
      const x = inputOf([32, 32])
      const want = einsum([x, w], 'b i, o i -> b o')
      const bias = layer.bias!.array
      const y = await (await gpu(new Twice(), { device })).run(x)
      for (let i = 0; i < 32; i++)
        for (let j = 0; j < 8; j++)
          expect(y.get(i, j)).toBeCloseTo(Number(want.get(i, j)) + bias.get(j) + w.get(j, i), 4)
    })
  })

  describe('what changes', () => {
    const shape = [2, 3, 16, 16]
    const make = () =>
      new VisionTransformer({ imgSize: 16, patchSize: 8, embedDim: 16, depth: 1, numHeads: 2, numClasses: 3 })

    test('new values of parameters count with the next run, whoever wrote them', async () => {
      const model = make()
      const run = await gpu(model, { device })
      const x = inputOf(shape)
      const before = await run.run(x)
      for (const parameter of model.parameters()) {
        parameter.update((values) => {
          for (let i = 0; i < values.length; i++) values[i]! *= 1.5
        })
      }
      const after = await run.run(x)
      expectClose(after, model.forward(x))
      expect(after.data).not.toEqual(before.data)
      model.loadStateDict(make().stateDict())
      expectClose(await run.run(x), model.forward(x))
      for (const parameter of model.parameters()) {
        const held = parameter.data
        for (const turn of [1, 2]) {
          held[0]! += turn
          expectClose(await run.run(x), model.forward(x))
        }
      }
    })

    test('several runs at once each have their own result', async () => {
      const model = make()
      const run = await gpu(model, { device })
      const inputs = [1, 2, 3, 4].map((seed) => inputOf(shape, seed))
      const results = await Promise.all(inputs.map((x) => run.run(x)))
      for (const [i, y] of results.entries()) expectClose(y, model.forward(inputs[i]!))
    })

    test('shapes of the input may differ from run to run, and strides', async () => {
      const model = make()
      const run = await gpu(model, { device })
      for (const n of [1, 2, 3, 1, 4, 5, 2]) {
        const x = inputOf([n, 3, 16, 16], n)
        expectClose(await run.run(x), model.forward(x))
        const backwards = x.step(-1, 1, -1) as NdArray<Float32Array>
        expectClose(await run.run(backwards), model.forward(backwards))
      }
      const { parameters, activations } = await run.memory()
      expect(parameters).toBeGreaterThanOrEqual(
        [...model.parameters()].reduce((sum, { size }) => sum + 4 * size, 0),
      )
      expect(activations).toBeGreaterThan(0)
    })

    test('a program that is stale says so; a model is traced anew', async () => {
      const model = make()
      const x = inputOf(shape)
      const [ofModel, ofProgram] = [await gpu(model, { device }), await gpu(trace(model, shape), { device })]
      expectClose(await ofModel.run(x), model.forward(x))
      expectClose(await ofProgram.run(x), model.forward(x))
      model.train()
      await expect(ofProgram.run(x)).rejects.toThrow(
        /not the model's any more — the model is in training mode/,
      )
      await expect(ofModel.run(x)).rejects.toThrow(/in training mode/)
      model.eval()
      expectClose(await ofModel.run(x), model.forward(x))
    })

    test('results go from model to model without leaving the card', async () => {
      const [first, second] = [new Linear(6, 5), new Linear(5, 4)]
      const [a, b] = [await gpu(first, { device }), await gpu(second, { device })]
      const x = inputOf([3, 6])
      const between = await a.runToGpu(x)
      expectClose(await b.run(between), second.forward(first.forward(x)))
      const other = await newDevice()
      const elsewhere = await gpu(second, { device: other })
      await expect(elsewhere.run(between)).rejects.toThrow(
        /on another device — models that pass arrays on share one/,
      )
      other.destroy()
    })
  })

  describe('what is refused, in words', () => {
    const refused = async (asked: Promise<unknown>, code: string, message: RegExp) => {
      const error = await asked.then(
        () => null,
        (error: unknown) => error,
      )
      expect(error).toBeInstanceOf(EinopsError)
      expect((error as EinopsError).message).toMatch(message)
      expect((error as EinopsError).code).toBe(code)
    }

    test('inputs of another shape, dtype or number', async () => {
      const run = await gpu(trace(new Linear(6, 5), [3, 6]), { device })
      await refused(run.run(inputOf([4, 6])), 'gpu/input', /another shape — got \[4, 6\], expected \[3, 6\]/)
      await refused(
        run.run(ndarray(new Float64Array(18), [3, 6])),
        'gpu/input',
        /another dtype — got float64, expected float32/,
      )
      await refused(run.run(), 'gpu/input', /number of inputs is wrong — got 0, expected 1/)
      await refused(run.run(7 as never), 'tensor/type', /the input/)
    })

    test('a model that was disposed of, on either side', async () => {
      const model = new Linear(6, 5)
      const run = await gpu(model, { device })
      const x = inputOf([3, 6])
      await run.run(x)
      model.dispose()
      await refused(run.run(x), 'parameter/disposed', /disposed/)
      run.dispose()
      run.dispose()
      await refused(run.run(x), 'gpu/disposed', /was disposed of/)
    })

    test('a lost device: before, while and after', async () => {
      const own = await newDevice()
      const model = new Linear(6, 5)
      const x = inputOf([3, 6])
      const [run, late] = [await gpu(model, { device: own }), await gpu(model, { device: own })]
      expectClose(await run.run(x), model.forward(x))
      const underWay = run.run(x)
      own.destroy()
      await refused(underWay, 'gpu/lost', /card is gone.*device\.destroy\(\)/)
      await refused(run.run(x), 'gpu/lost', /gpu\(model\) asks for the card anew/)
      await refused(late.run(x), 'gpu/lost', /gpu\(model\) asks for the card anew/)
    })

    test('results larger than a binding', async () => {
      const small = withLimits(device, { maxStorageBufferBindingSize: 4096 })
      await refused(
        gpu(trace(new Linear(64, 64), [100, 64]), { device: small }),
        'gpu/too-large',
        /too large for the graphics card — got .* MiB, expected at most/,
      )
    })

    test('options and models that are none', async () => {
      await refused(gpu(new Linear(2, 2), { devices: device } as never), 'option/unknown', /device/)
      await refused(gpu(new Linear(2, 2), { device: {} } as never), 'option/value', /a GPUDevice/)
      await refused(gpu({} as never, { device }), 'gpu/model', /neither a model, a program nor a function/)
    })
  })

  test('a parameter larger than a binding is cut up', async () => {
    const model = new Linear(64, 100)
    const x = inputOf([9, 64])
    const program = trace(model, [9, 64])
    // 25,600 bytes of weights, through bindings of 4,096
    const run = await gpu(program, { device: withLimits(device, { maxStorageBufferBindingSize: 4096 }) })
    expectClose(await run.run(x), model.forward(x))
  })

  describe('without a device of one’s own', () => {
    const was = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
    const pretend = (navigator: object) =>
      Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
    afterEach(() => {
      if (was) Object.defineProperty(globalThis, 'navigator', was)
      else delete (globalThis as { navigator?: object }).navigator
      delete (globalThis as { isSecureContext?: boolean }).isSecureContext
    })

    test('models share one, and get a new one when it was lost', async () => {
      pretend({ gpu: dawn })
      const [a, b] = [await gpu(new Linear(2, 2)), await gpu(new Linear(2, 3))]
      expect(a.device).toBe(b.device)
      a.device.destroy()
      await a.device.lost
      const c = await gpu(new Linear(2, 2))
      expect(c.device).not.toBe(a.device)
      expect((await c.run(inputOf([1, 2]))).shape).toEqual([1, 2])
      c.device.destroy()
      await c.device.lost
    })

    test.each([
      ['Node', {}, 'gpu/no-webgpu', /Node has no WebGPU of its own/],
      [
        'no adapter',
        { gpu: { requestAdapter: async () => null } },
        'gpu/no-adapter',
        /no graphics card for it/,
      ],
      [
        'an adapter refused',
        { gpu: { requestAdapter: () => Promise.reject(new Error('blocked')) } },
        'gpu/no-adapter',
        /refuses a graphics card — blocked/,
      ],
      [
        'a device refused',
        {
          gpu: {
            requestAdapter: async () => ({
              features: new Set(),
              limits: {},
              requestDevice: () => Promise.reject(new Error('busy')),
            }),
          },
        },
        'gpu/no-device',
        /could not be opened — busy/,
      ],
    ] as const)('%s: said in words', async (_, navigator, code, message) => {
      pretend(navigator)
      const error = (await gpu(new Linear(2, 2)).catch((error) => error)) as EinopsError
      expect([error.code, message.test(error.message)]).toEqual([code, true])
      expect(error.hint).toMatch(/model\.forward\(x\) computes the same on the processor/)
    })

    test('a page that came over http is told what is missing', async () => {
      pretend({})
      ;(globalThis as { isSecureContext?: boolean }).isSecureContext = false
      await expect(gpu(new Linear(2, 2))).rejects.toThrow(/secure pages only.*\n.*https/s)
    })
  })
})
