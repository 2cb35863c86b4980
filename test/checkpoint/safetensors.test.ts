/** Safetensors files as bytes: what is read of them, what is refused, and what is written. */

import { readFileSync } from 'node:fs'
import ndarray, { type NdArray } from 'ndarray'
import {
  type CheckpointData,
  CheckpointError,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from 'tesserae/checkpoint'
import { describe, expect, test } from 'vitest'
import { growthOf } from '../growth.ts'
import { fileClaiming, fileOf, values } from './files.ts'

const bits = ({ data }: NdArray<CheckpointData>) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

function failure(run: () => unknown): CheckpointError {
  try {
    run()
  } catch (error) {
    if (error instanceof CheckpointError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('reading', () => {
  test.each([
    ['F64', 8, [1.5, -2], new Float64Array([1.5, -2]), 'float64'],
    ['F32', 4, [1.5, -2], new Float32Array([1.5, -2]), 'float32'],
    ['F16', 2, [1.5, -2], new Uint16Array([0x3e00, 0xc000]), 'float32'],
    ['BF16', 2, [1.5, -2], new Uint16Array([0x3fc0, 0xc000]), 'float32'],
    ['I64', 8, [-(2n ** 63n), 7n], new BigInt64Array([-(2n ** 63n), 7n]), 'bigint64'],
    ['I32', 4, [-5, 6], new Int32Array([-5, 6]), 'int32'],
    ['I16', 2, [-5, 6], new Int16Array([-5, 6]), 'int16'],
    ['I8', 1, [-5, 6], new Int8Array([-5, 6]), 'int8'],
    ['U64', 8, [2n ** 64n - 1n, 7n], new BigUint64Array([2n ** 64n - 1n, 7n]), 'biguint64'],
    ['U32', 4, [4294967295, 6], new Uint32Array([4294967295, 6]), 'uint32'],
    ['U16', 2, [65535, 6], new Uint16Array([65535, 6]), 'uint16'],
    ['U8', 1, [255, 6], new Uint8Array([255, 6]), 'uint8'],
    ['BOOL', 1, [1, 0], new Uint8Array([1, 0]), 'uint8'],
  ])('%s elements come out as their values', (dtype, width, expected, elements, arrayType) => {
    const bytes = new Uint8Array(elements.buffer)
    const file = fileClaiming({ x: { dtype, shape: [2, 1], data_offsets: [0, 2 * width] } }, bytes)
    const { x } = readSafetensors(file)
    expect(x?.dtype).toBe(arrayType)
    expect(x?.shape).toEqual([2, 1])
    expect(values(x)).toEqual(expected)
    expect(x?.get(1, 0)).toBe(expected[1])
  })

  test('every half float widens to its exact value', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i)
    const file = fileClaiming(
      { x: { dtype: 'F16', shape: [65_536], data_offsets: [0, 131_072] } },
      new Uint8Array(bits.buffer),
    )
    const { x } = readSafetensors(file)
    const got = x?.data as Float32Array
    const wrong: number[] = []
    for (let i = 0; i < 65_536; i++) {
      const [sign, exponent, fraction] = [i >> 15 ? -1 : 1, (i >> 10) & 31, i & 1023]
      const expected =
        exponent === 31
          ? fraction
            ? Number.NaN
            : sign * Number.POSITIVE_INFINITY
          : exponent === 0
            ? sign * fraction * 2 ** -24
            : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
      if (!Object.is(got[i], expected)) wrong.push(i)
    }
    expect(wrong).toEqual([])
  })

  test('raw gives the bits of half, bfloat16 and 8-bit floats', () => {
    const file = fileClaiming(
      {
        half: { dtype: 'F16', shape: [1], data_offsets: [0, 2] },
        brain: { dtype: 'BF16', shape: [1], data_offsets: [2, 4] },
        eight: { dtype: 'F8_E4M3', shape: [2], data_offsets: [4, 6] },
      },
      new Uint8Array([0x00, 0x3e, 0xc0, 0x3f, 0x38, 0x40]),
    )
    const { half, brain, eight } = readSafetensors(file, { raw: true })
    expect([half?.dtype, brain?.dtype, eight?.dtype]).toEqual(['uint16', 'uint16', 'uint8'])
    expect([values(half), values(brain), values(eight)]).toEqual([[0x3e00], [0x3fc0], [0x38, 0x40]])
  })

  test('an 8-bit float is refused without raw, and the message says how to read it', () => {
    const file = fileClaiming({ w: { dtype: 'F8_E5M2', shape: [1], data_offsets: [0, 1] } }, 1)
    const error = failure(() => readSafetensors(file))
    expect(error.code).toBe('tensor/fp8')
    expect(error.message).toBe(
      'readSafetensors: tensor "w" has dtype F8_E5M2, which is read only as its bits: { raw: true }',
    )
  })

  test('elements that are not aligned in the file are read all the same', () => {
    const floats = new Uint8Array(new Float32Array([0.5, 3]).buffer)
    const file = fileOf(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} `, floats)
    const shifted = new Uint8Array(file.length + 3).subarray(3)
    shifted.set(file)
    const { x } = readSafetensors(shifted)
    expect(values(x)).toEqual([0.5, 3])
  })

  test('scalars and tensors without elements keep their shapes', () => {
    const file = fileClaiming(
      {
        empty: { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] },
        scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
      },
      new Uint8Array(new Float32Array([7]).buffer),
    )
    const { empty, scalar } = readSafetensors(file)
    expect(empty?.shape).toEqual([0, 3])
    expect(scalar?.shape).toEqual([])
    expect(scalar?.get()).toBe(7)
  })

  test('names of Object.prototype are names like any other', () => {
    const claim = { dtype: 'U8', shape: [], data_offsets: [0, 1] }
    const text = `{"__proto__":${JSON.stringify(claim)},"constructor":${JSON.stringify({ ...claim, data_offsets: [1, 2] })}}`
    const tensors = readSafetensors(fileOf(text, new Uint8Array([4, 5])))
    expect(Object.keys(tensors)).toEqual(['__proto__', 'constructor'])
    expect(Object.values(tensors).map((x) => x.get())).toEqual([4, 5])
    expect('toString' in tensors).toBe(false)
  })

  test('a file in shared memory is read', () => {
    const file = fileClaiming({ x: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, new Uint8Array([9]))
    const shared = new Uint8Array(new SharedArrayBuffer(file.length))
    shared.set(file)
    const { x } = readSafetensors(shared)
    expect(x?.get(0)).toBe(9)
  })
})

describe('malformed files are refused, and the message names the fault', () => {
  const f32 = (start: number, end: number, shape: unknown = [1]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [start, end],
  })
  test.each<[string, Uint8Array, string, string]>([
    ['nothing at all', new Uint8Array(0), 'file/short', 'got 0 bytes, expected at least 8'],
    [
      'a header beyond the file',
      fileOf('{}', 0, 3n),
      'header/length',
      'the header has 3 bytes, but the file has 10',
    ],
    ['a header of 2^63 bytes', fileOf('{}', 0, 2n ** 63n), 'header/length', '9223372036854775808 bytes'],
    ['a zip archive', latin1('PK\x03\x04\x14\0\0\0'), 'file/pytorch', "one of PyTorch's"],
    ['a pickle', latin1('\x80\x02}q\0(X\x05'), 'file/pytorch', "one of PyTorch's"],
    ['a pointer', latin1('version https://git-lfs.github.com/spec/v1\n'), 'file/pointer', 'git lfs pull'],
    ['a page', latin1('\n<!DOCTYPE html><html>'), 'file/page', 'a web page'],
    ['a model of ONNX', latin1('\x08\x08\x12\x09tesserae'), 'file/onnx', 'a model of ONNX'],
    ['weights of Keras', latin1('\x89HDF\r\n\x1a\n'), 'file/other', 'GGUF or HDF5'],
    ['no JSON', fileOf('not json'), 'header/json', 'begins "not json"'],
    ['JSON after a byte order mark', fileOf('\ufeff{}'), 'header/json', 'header is not JSON'],
    ['bytes that are not UTF-8', fileOf('{}').fill(0xff, 8), 'header/json', 'not UTF-8'],
    ['an array for a header', fileOf('[]'), 'header/json', 'not a JSON object'],
    ['deep nesting', fileOf(`{"a":${'['.repeat(50_000)}`), 'header/deep', 'deeper than 4 levels'],
    ['a name twice', fileOf('{"a":1,"b":2,"a":3}'), 'header/duplicate', 'name "a" stands twice'],
    [
      'a name twice, once escaped',
      fileOf('{"a":1,"\\u0061" :3}'),
      'header/duplicate',
      'name "a" stands twice',
    ],
    ['metadata that is no object', fileOf('{"__metadata__":[]}'), 'metadata/type', 'not an object — got []'],
    [
      'metadata that is no string',
      fileOf('{"__metadata__":{"k":1}}'),
      'metadata/type',
      '"k" is not a string — got 1',
    ],
    ['an entry that is no object', fileOf('{"a":1}'), 'tensor/dtype', 'tensor "a" has dtype nothing'],
    [
      'an unknown dtype',
      fileClaiming({ a: { ...f32(0, 4), dtype: 'F80' } }, 4),
      'tensor/dtype',
      'has dtype "F80"',
    ],
    ['a negative length', fileClaiming({ a: f32(0, 4, [-1]) }, 4), 'tensor/shape', 'shape [-1]'],
    ['a fractional length', fileClaiming({ a: f32(0, 4, [0.5]) }, 4), 'tensor/shape', 'shape [0.5]'],
    ['a shape that is no list', fileClaiming({ a: f32(0, 4, 'x') }, 4), 'tensor/shape', 'shape "x"'],
    [
      'a shape beyond 2^53',
      fileClaiming({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4),
      'tensor/shape',
      'no file can hold',
    ],
    ['a negative offset', fileClaiming({ a: f32(-4, 0) }, 4), 'tensor/offsets', 'data_offsets [-4,0]'],
    ['offsets that run backwards', fileClaiming({ a: f32(4, 0) }, 4), 'tensor/offsets', 'data_offsets [4,0]'],
    [
      'three offsets',
      fileClaiming({ a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, 4),
      'tensor/offsets',
      '[0,4,8]',
    ],
    [
      'a size that the dtype denies',
      fileClaiming({ a: f32(0, 2) }, 2),
      'tensor/size',
      'takes 4 bytes, but its data_offsets [0,2] span 2',
    ],
    ['an overlap', fileClaiming({ a: f32(0, 4), b: f32(2, 6) }, 6), 'tensor/overlap', 'tensor "b" overlaps'],
    [
      'the same bytes twice',
      fileClaiming({ a: f32(0, 4), b: f32(0, 4) }, 4),
      'tensor/overlap',
      'tensor "b" overlaps',
    ],
    [
      'a hole',
      fileClaiming({ a: f32(0, 4), b: f32(8, 12) }, 12),
      'tensor/hole',
      'unused bytes before tensor "b"',
    ],
    ['too little data', fileClaiming({ a: f32(0, 4) }, 3), 'file/truncated', 'tensor "a" ends at byte'],
    [
      'data that no tensor claims',
      fileClaiming({ a: f32(0, 4) }, 5),
      'file/trailing',
      '1 byte after the last tensor',
    ],
  ])('%s', (_, file, code, words) => {
    const error = failure(() => readSafetensors(file))
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('\n')
  })

  test('a long run of quotes is refused in time that grows with its length, not with its square', () => {
    const refuse = (quotes: number) => {
      const error = failure(() => readSafetensors(fileOf(`{${'"\\'.repeat(quotes)}`)))
      expect(error.code).toBe('header/json')
    }
    expect(growthOf(refuse, 20_000, 10)).toBeLessThan(50) // by squares 100
  })
})

describe('writing', () => {
  test('what was written is read back, whatever its strides', () => {
    const x = ndarray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3])
    const bytes = writeSafetensors({
      turned: x.transpose(1, 0),
      backwards: x.step(1, -1),
      row: x.pick(1, null),
    })
    const { turned, backwards, row } = readSafetensors(bytes)
    expect(turned?.shape).toEqual([3, 2])
    expect(values(turned)).toEqual([1, 4, 2, 5, 3, 6])
    expect(values(backwards)).toEqual([3, 2, 1, 6, 5, 4])
    expect(values(row)).toEqual([4, 5, 6])
  })

  test('the bytes are those of the reference implementation', () => {
    // safetensors 0.4 in Python: save({'b': int8 [1, 2], 'a': float32 [1.0], 'c': float32 [2.0]}, {'format': 'pt'})
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"c":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"b":{"dtype":"I8","shape":[2],"data_offsets":[8,10]}}'
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
    const data = new Uint8Array([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 1, 2])
    const written = writeSafetensors(
      {
        b: ndarray(new Int8Array([1, 2])),
        c: ndarray(new Float32Array([2])),
        a: ndarray(new Float32Array([1])),
      },
      { format: 'pt' },
    )
    expect(written).toEqual(fileOf(padded, data))
  })

  test('floats narrow to the nearest half or bfloat16, ties to even', () => {
    const x = ndarray(new Float32Array([1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65_520, Number.NaN, -0]))
    const { x: half } = readSafetensors(writeSafetensors({ x }, {}, { floats: 'F16' }))
    expect(values(half)).toEqual([1, 1, 1 + 2 ** -9, Number.POSITIVE_INFINITY, Number.NaN, -0])
    const y = ndarray(new Float32Array([1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, Number.NaN, -0]))
    const { y: brain } = readSafetensors(writeSafetensors({ y }, {}, { floats: 'BF16' }))
    expect(values(brain)).toEqual([1, 1, 1 + 2 ** -6, Number.POSITIVE_INFINITY, Number.NaN, -0])
  })

  test('the digits checkpoint comes back bit for bit from what was read of it', async () => {
    const bytes = readFileSync(new URL('../../docs/start/vit-digits.safetensors', import.meta.url))
    const file = await openSafetensors(new Blob([bytes]))
    const again = await openSafetensors(
      writeSafetensors(await file.tensors(), file.metadata, { floats: 'F16' }),
    )
    expect(again.metadata).toEqual(file.metadata)
    expect([...again.names].sort()).toEqual([...file.names].sort())
    for (const name of file.names) {
      const [got, expected] = [
        await again.tensor(name, { raw: true }),
        await file.tensor(name, { raw: true }),
      ]
      expect(got.shape).toEqual(expected.shape)
      expect(Buffer.compare(bits(got), bits(expected))).toBe(0)
    }
  })

  test('a tensor that the format cannot hold is refused by its name', () => {
    const list = ndarray([1, 2, 3])
    expect(failure(() => writeSafetensors({ list })).message).toContain('tensor "list" has dtype array')
    const x = ndarray(new Float32Array(1))
    expect(failure(() => writeSafetensors({ __metadata__: x })).code).toBe('tensor/name')
  })
})

describe('what is no argument is refused before anything is written or read', () => {
  const a = ndarray(new Float32Array([1, 2]))

  test('bytes in an ArrayBuffer are read, other things are named', () => {
    const bytes = writeSafetensors({ a })
    expect(values(readSafetensors(bytes.buffer)['a']!)).toEqual([1, 2])
    expect(() => readSafetensors('model.safetensors' as never)).toThrow('openSafetensors(path) opens a file')
    expect(() => readSafetensors(null as never)).toThrow('got null, expected a Uint8Array')
  })

  test('metadata that are no strings, floats that the format has not, options that there are not', () => {
    expect(() => writeSafetensors({ a }, { epoch: 3 } as never)).toThrow(
      'metadata "epoch" is not a string — got 3',
    )
    expect(() => writeSafetensors({ a }, {}, { floats: 'f16' as 'F16' })).toThrow(
      "got \"f16\", expected 'F16' or 'BF16'",
    )
    expect(() => writeSafetensors({ a }, {}, { dtype: 'F16' } as never)).toThrow("unknown option 'dtype'")
  })
})
