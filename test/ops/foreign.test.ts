/** What people pass that is no ndarray is named, and the way to an ndarray is said. */
import ndarray from 'ndarray'
import { EinopsError, einsum, pack, rearrange } from 'tesserae'
import { preprocess } from 'tesserae/image'
import { Linear, Module, PatchEmbed, Rearrange, Sequential } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'

function errorOf(run: () => unknown): EinopsError {
  try {
    run()
  } catch (error) {
    return error as EinopsError
  }
  throw new Error('nothing was thrown')
}

const image = (...shape: number[]) => ndarray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)

describe('an operation', () => {
  test.each<[string, unknown, string, string | undefined]>([
    ['a promise', Promise.resolve(image(2)), 'a promise', 'await it'],
    [
      'nested arrays',
      [
        [1, 2],
        [3, 4],
      ],
      'an array as element 0',
      'fromNested(values) makes an ndarray of them',
    ],
    ['numbers', [1, 2], 'a list', 'fromNested(values) makes an ndarray of them'],
    [
      'a typed array',
      new Float32Array(4),
      'a bare Float32Array',
      'ndarray(values, shape) makes an ndarray of values that stand one after the other',
    ],
    [
      'a tensor of onnxruntime',
      { dims: [2], type: 'float32', data: new Float32Array(2) },
      'a tensor of onnxruntime',
      'fromOnnx(tensor) of tesserae/adapters makes an ndarray of it',
    ],
    [
      'a tensor of TensorFlow.js',
      { shape: [2], dtype: 'float32', dataSync: () => new Float32Array(2) },
      'a tensor of TensorFlow.js',
      'fromTensorflow(tensor) of tesserae/adapters makes an ndarray of it',
    ],
    [
      'pixels of a canvas',
      { data: new Uint8ClampedArray(4), width: 1, height: 1 },
      'an ImageData',
      'fromImageData(image) of tesserae/adapters makes an ndarray of it',
    ],
    ['a Blob', new Blob([]), 'a Blob', undefined],
    ['an object', {}, 'an object', undefined],
    ['null', null, 'null', undefined],
  ])('says what %s is', (_, value, got, hint) => {
    const error = errorOf(() => rearrange(value as never, 'a b -> b a' as string))
    expect(error).toBeInstanceOf(EinopsError)
    expect(error.what).toContain(`got ${got}`)
    expect(error.hint).toBe(hint)
  })

  test('shows eight of three hundred operands', () => {
    const pattern = `${Array.from({ length: 300 }, () => 'a').join(', ')} -> a`
    const list = Array.from({ length: 300 }, (_, i) => image(i === 299 ? 3 : 2))
    const { message } = errorOf(() => einsum(list, pattern))
    expect(message).toContain('… and 292 more')
    expect(message.split('\n').length).toBeLessThan(16)
  })
})

test("Node's buffers and Uint8Arrays are of one dtype: their bits are equal", () => {
  const bytes = ndarray(Uint8Array.of(1, 2), [2])
  const buffer = ndarray(Buffer.from([3, 4]), [2])
  expect([...rearrange([bytes, buffer], 'n a -> (n a)').data]).toEqual([1, 2, 3, 4])
  expect([...rearrange([buffer, bytes], 'n a -> (a n)').data]).toEqual([3, 1, 4, 2])
  expect([...pack([bytes, buffer], '*')[0].data]).toEqual([1, 2, 3, 4])
  expect(einsum([bytes, buffer], 'a, a ->').get()).toBe(11)
})

describe('a layer', () => {
  test('stacks no list by itself, but says how', () => {
    const hintOf = (x: unknown) => errorOf(() => new Linear(2, 3).forward(x as never)).hint
    expect(hintOf([image(2), image(2)])).toBe(
      "rearrange(list, 'n ... -> n ...') makes one array of equal ones",
    )
    expect(hintOf([image(1, 3, 4, 4)])).toBe(
      "rearrange(list, 'n 1 ... -> n ...') makes one array of equal ones",
    )
    expect(rearrange([image(1, 3, 4, 4)], 'n 1 ... -> n ...').shape).toEqual([1, 3, 4, 4])
  })

  test('wants pixels prepared, not only converted', () => {
    const bytes = ndarray(new Uint8Array(2), [1, 2])
    const { what, hint } = errorOf(() => new Linear(2, 3).forward(bytes as never))
    expect(what).toBe('layers compute in float32 — got an input of uint8')
    expect(hint).toMatch(/^preprocess of tesserae\/image .* only converts$/)
    const doubles = ndarray(new Float64Array(2), [1, 2])
    expect(errorOf(() => new Linear(2, 3).forward(doubles as never)).hint).toBe(
      "rearrange(x, '... -> ...', {}, { dtype: 'float32' }) converts",
    )
  })

  test('says what makes the size of image that it takes, and which option takes any', () => {
    const embed = new PatchEmbed({ imgSize: 8, patchSize: 4, inChans: 1, embedDim: 2 })
    const { hint } = errorOf(() => embed.forward(image(1, 1, 12, 12)))
    expect(hint).toContain('preprocess(picture, { size: [8, 8] })')
    expect(hint).toContain('dynamicImgSize: true')
  })

  test('that was disposed is named', () => {
    class Model extends Module {
      blocks = [new Sequential(new Linear(2, 2))]
      override forward(x: never) {
        return this.blocks[0]!.forward(x)
      }
    }
    const model = new Model()
    model.dispose()
    expect(() => model.forward(image(1, 2) as never)).toThrow(
      'the values of Model.blocks.0.0.weight are gone — it was disposed',
    )
  })

  test('is refused when it is made where no input could be right, as in einops', () => {
    const said = "cannot infer '(m n)' — got 2 unknown lengths (m, n), expected at most one"
    expect(errorOf(() => new Rearrange('(m n) -> m n' as string)).what).toBe(said)
    expect(errorOf(() => new Rearrange('(m n) -> m n' as string, { m: undefined })).what).toBe(said)
    expect(new Rearrange('(m n) -> m n', { m: 2 }).forward(image(6)).shape).toEqual([2, 3])
  })

  test('of another depth says so before the names', () => {
    const of = (depth: number) => {
      class Model extends Module {
        blocks = Array.from({ length: depth }, () => new Linear(2, 2))
      }
      return new Model()
    }
    const { what, values } = errorOf(() => of(2).loadStateDict(of(12).stateDict()))
    expect(what.split('\n')[0]).toBe(
      'depth 12, not 2 (blocks) — 20 parameters do not fit, nothing was loaded',
    )
    expect(values['unexpected']).toHaveLength(20)
  })
})

describe('preprocess', () => {
  test('says what is no picture yet', () => {
    const say = (x: unknown) => errorOf(() => preprocess(x as never)).message
    const bytes = 'preprocess: the bytes of a file are no picture yet — await readImage(bytes) decodes them'
    expect([say(new Uint8Array(9)), say(new ArrayBuffer(9)), say(new Blob([]))]).toEqual([
      bytes,
      bytes,
      bytes,
    ])
    expect(say([image(4, 4, 3), image(4, 4, 3)])).toContain("'n 1 c h w -> n c h w') makes a batch")
    expect(say(image(3, 40, 50))).toContain("rearrange(image, 'c h w -> h w c') puts them last")
  })
})
