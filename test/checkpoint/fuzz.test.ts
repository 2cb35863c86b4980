/** Files that nobody wrote: whatever the bytes, the reader gives tensors inside the file or a `CheckpointError`. */
import fc from 'fast-check'
import ndarray from 'ndarray'
import { CheckpointError, openSafetensors, readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { expect, test } from 'vitest'
import { fileOf } from './files.ts'

function readOrRefuse(file: Uint8Array): void {
  try {
    for (const x of Object.values(readSafetensors(file, { raw: true }))) {
      expect(x.data.length).toBe(x.shape.reduce((a, b) => a * b, 1))
    }
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    expect(error.message.length).toBeLessThan(1000)
  }
}

const valid = writeSafetensors(
  {
    a: ndarray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]),
    'b.weight': ndarray(new Int8Array([1, 2, 3])),
    c: ndarray(new BigInt64Array([5n])),
  },
  { format: 'pt' },
)

test('any bytes are read or refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readOrRefuse), { numRuns: 2000 })
})

test('any change of a good file is read or refused', () => {
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(changes, fc.nat(valid.length), (edits, length) => {
      const file = valid.slice()
      for (const [at, byte] of edits) file[at] = byte
      readOrRefuse(file)
      readOrRefuse(file.subarray(0, length))
    }),
    { numRuns: 3000 },
  )
})

test('any JSON is read or refused as a header', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(50), (json, size) => readOrRefuse(fileOf(json, size))),
    { numRuns: 2000 },
  )
})

test('any claims about tensors are read or refused', () => {
  const entry = fc.record({
    dtype: fc.constantFrom('F32', 'F16', 'BF16', 'I64', 'U8', 'BOOL', 'F8_E4M3', 'F64', 'X', 7),
    shape: fc.array(fc.oneof(fc.nat(4), fc.constant(-1), fc.constant(2 ** 53), fc.double()), {
      maxLength: 3,
    }),
    data_offsets: fc.array(fc.oneof(fc.nat(40), fc.constant(-1), fc.maxSafeNat()), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.dictionary(fc.string(), entry), fc.nat(60), (claims, size) => {
      readOrRefuse(fileOf(JSON.stringify(claims), size))
    }),
    { numRuns: 3000 },
  )
})

test('whatever is written is read back', () => {
  const tensor = fc.oneof(
    fc.float32Array({ maxLength: 8 }).map((data) => ndarray(data)),
    fc.float64Array({ maxLength: 8 }).map((data) => ndarray(data)),
    fc.int16Array({ maxLength: 8 }).map((data) => ndarray(data)),
    fc.uint8Array({ maxLength: 8 }).map((data) => ndarray(data)),
    fc.bigInt64Array({ maxLength: 8 }).map((data) => ndarray(data)),
  )
  const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__')
  fc.assert(
    fc.asyncProperty(
      fc.dictionary(names, tensor, { noNullPrototype: false }),
      fc.dictionary(names, fc.string({ unit: 'grapheme' })),
      async (tensors, metadata) => {
        const file = await openSafetensors(writeSafetensors(tensors, metadata))
        expect({ ...file.metadata }).toEqual({ ...metadata })
        expect([...file.names].sort()).toEqual(Object.keys(tensors).sort())
        for (const name of file.names) expect((await file.tensor(name)).data).toEqual(tensors[name]!.data)
      },
    ),
  )
})
