/** What hostile or careless callers may pass: nothing but an EinopsError comes back, soon, and nothing stays behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import ndarray from 'ndarray'
import {
  checkShape,
  EinopsError,
  einsum,
  invert,
  pack,
  parseShape,
  rearrange,
  reduce,
  repeat,
  unpack,
} from 'tesserae'
import { describe, expect, it } from 'vitest'

const x = ndarray(new Float32Array(24), [2, 3, 4])

const calls: Record<string, (pattern: string, lengths?: Record<string, number>) => unknown> = {
  rearrange: (pattern, lengths) => rearrange(x, pattern, lengths),
  reduce: (pattern, lengths) => reduce(x, pattern, 'sum', lengths),
  repeat: (pattern, lengths) => repeat(x, pattern, lengths),
  einsum: (pattern, lengths) => einsum([x, x], pattern, lengths),
  pack: (pattern) => pack([x, x], pattern),
  unpack: (pattern) => unpack(x, [[1], [2]], pattern),
  parseShape: (pattern) => parseShape(x, pattern),
  checkShape: (pattern, lengths) => checkShape(x, pattern, lengths),
  invert: (pattern) => invert(pattern),
}

function onlyEinopsErrors(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof EinopsError)) throw error
    expect(error.code).toMatch(/^[a-z]+\/[a-z-]+$/)
  }
}

const scrap = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        'c',
        'h',
        '->',
        '->',
        '(',
        ')',
        '()',
        '...',
        '1',
        '2',
        ',',
        '*',
        '_',
        ' ',
        '-',
        '.',
        '\t',
        '0',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((words) => words.join(' '))

const anyLengths = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'h', '__proto__', 'constructor', '2', '_', ''),
  fc.oneof(fc.integer(), fc.double(), fc.constantFrom(null, undefined, '2', 3n, {}, [2], true)),
)

describe.each(Object.keys(calls))('%s', (name) => {
  const call = calls[name]!

  it('throws nothing but EinopsErrors, whatever pattern and lengths it gets', () => {
    fc.assert(
      fc.property(scrap, anyLengths, (pattern, lengths) =>
        onlyEinopsErrors(() => call(pattern, lengths as Record<string, number>)),
      ),
      { numRuns: 400 },
    )
    for (const pattern of [undefined, null, 5, {}, [], Symbol('a')] as unknown as string[]) {
      onlyEinopsErrors(() => call(pattern))
    }
  })

  it('ends in linear time on patterns of 10,000 characters', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `a${i}`).join(' ')
    for (const pattern of [
      names,
      `${names} -> ${names}`,
      `(${names}) -> ${names}`,
      '('.repeat(1000),
      ')'.repeat(10_000),
      '(a '.repeat(1000) + ')'.repeat(1000),
      `${'.'.repeat(10_000)} -> a`,
      '-'.repeat(10_000),
      'a'.repeat(10_000),
      '() '.repeat(3000),
      `${'1 '.repeat(3000)}-> ${'1 '.repeat(3000)}`,
    ]) {
      onlyEinopsErrors(() => call(pattern))
    }
  })
})

describe('axis names', () => {
  it('that objects inherit are names like others', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf']
    for (const name of names) {
      expect(() => rearrange(x, `a b (${name} c) -> ${name} a b c`)).toThrow('cannot infer')
      expect(rearrange(x, `a b (${name} c) -> ${name} a b c`, { [name]: 2 }).shape).toEqual([2, 2, 3, 2])
      expect(parseShape(x, `a ${name} c`)).toEqual({ a: 2, [name]: 3, c: 4 })
    }
  })

  it('never reach the prototype of an object', () => {
    const lengths = JSON.parse('{"__proto__": 2, "a": 2}')
    expect(() => rearrange(x, 'a b c -> c b a', lengths)).toThrow("'__proto__' cannot be the name of an axis")
    expect(() => parseShape(x, '__proto__ b c' as string)).toThrow(EinopsError)
    expect('a' in {}).toBe(false)
  })
})

describe('sixty axes', () => {
  it('are rearranged like few', () => {
    const names = Array.from({ length: 60 }, (_, i) => `a${i}`)
    const shape = names.map((_, i) => (i % 10 === 0 ? 2 : 1))
    const many = ndarray(
      Float32Array.from({ length: 64 }, (_, i) => i),
      shape,
    )
    const turned = rearrange(many, `${names.join(' ')} -> (${names.toReversed().join(' ')})`)
    expect(turned.shape).toEqual([64])
    expect([...turned.data].slice(0, 4)).toEqual([0, 32, 16, 48])
    const total = reduce(many, `${names.join(' ')} -> ${names.slice(1).join(' ')}`, 'sum')
    expect(total.get(...total.shape.map(() => 0))).toBe(32)
  })
})

describe('caches', () => {
  it('do not grow with the number of patterns and shapes', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const use = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        rearrange(x, `a${i} b c -> c b a${i}`)
        rearrange(ndarray(x.data, [(i % 24) + 1], [0]), 'a -> a 1')
      }
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = use(0, 2000)
    expect(use(2000, 12_000) - before).toBeLessThan(4e6)
  })
})
