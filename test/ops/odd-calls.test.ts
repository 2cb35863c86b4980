/** Calls at the edge of what a user may write: odd and right, or wrong and answered by what helps. */
import ndarray from 'ndarray'
import { einsum, pack, rearrange, reduce, unpack } from 'tesserae'
import { describe, expect, it } from 'vitest'
import { mistakeOf } from '../mistake.ts'

class Samples extends Float32Array {}

const grid = () => ndarray(Float32Array.of(1, 2, 3, 4), [2, 2])
const row = () => ndarray(new Float32Array(6), [6])
const rearrangeAny = rearrange as (...args: unknown[]) => { readonly data: ArrayLike<number> }

describe('buffers', () => {
  it('a subclass of a typed array stays one, in copies as in sums', () => {
    const x = ndarray(Samples.of(1, 2, 3, 4) as Samples, [2, 2])
    const columns = rearrange(x, 'a b -> (b a)')
    expect(columns.data).toBeInstanceOf(Samples)
    expect([...columns.data]).toEqual([1, 3, 2, 4])
    expect(reduce(x, 'a b -> a', 'sum').data).toBeInstanceOf(Samples)
  })

  it('shape and stride as typed arrays are told to become plain ones', () => {
    const x = { data: row().data, shape: Int32Array.of(6), stride: Int32Array.of(1), offset: 0 }
    expect(mistakeOf(() => rearrangeAny(x, 'a -> a')).hint).toBe(
      'shape and stride are plain arrays: [...shape]',
    )
  })
})

describe('out', () => {
  const write = (stride: number[], shape = [2, 3], size = 8) => {
    const x = ndarray(
      Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => i + 1),
      shape,
    )
    const out = ndarray(new Float32Array(size), shape, stride, 0)
    return [...rearrange(x, 'a b -> a b', {}, { out }).data]
  }

  it('is refused where its own elements meet', () => {
    const error = mistakeOf(() => write([1, 1]))
    expect(error.code).toBe('out/overlap')
    expect(error.message).toContain('got strides [1, 1] that meet')
    expect(mistakeOf(() => write([2, 1])).code).toBe('out/overlap')
  })

  it('is written where its strides interleave without meeting', () => {
    expect(write([3, 2])).toEqual([1, 0, 2, 4, 3, 5, 0, 6])
  })

  it('is written through any strides along axes of length 1', () => {
    expect(write([0, 1], [1, 3])).toEqual([1, 2, 3, 0, 0, 0, 0, 0])
  })
})

describe('arguments in the wrong place', () => {
  it('lengths in a Map are refused, not read as none', () => {
    const error = mistakeOf(() => rearrangeAny(row(), '(a b) -> a b', new Map([['a', 2]])))
    expect(error.code).toBe('length/type')
  })

  it('options in the place of the lengths are told where they go', () => {
    const error = mistakeOf(() => rearrangeAny(grid(), 'a b -> b a', { copy: 'always' }))
    expect(error.hint).toBe('options are the argument after the lengths')
  })

  it('lengths in the place of the reduction are told where they go', () => {
    const call = reduce as (...args: unknown[]) => unknown
    const error = mistakeOf(() => call(row(), '(a b) -> a', { a: 2 }))
    expect(error.hint).toBe("the order is reduce(x, pattern, 'max', lengths)")
  })

  it('operands one by one are told to become a list', () => {
    const call = einsum as (...args: unknown[]) => unknown
    expect(mistakeOf(() => call(grid(), grid(), 'a b, b c -> a c')).hint).toBe(
      'the order is einsum([x, y], pattern)',
    )
    expect(mistakeOf(() => call(grid(), 'a b, b c -> a c')).hint).toBe(
      'several operands are one list: einsum([x, y], pattern)',
    )
  })

  it('an array in the place of a list is named so', () => {
    const call = pack as (...args: unknown[]) => unknown
    const { message } = mistakeOf(() => call(grid(), '*'))
    expect(message).toMatch(/^pack: no list — got an object, expected a list of arrays, as in \[x, y\]\n/)
  })
})

describe('hints', () => {
  const hintOf = (name: string) => mistakeOf(() => reduce(grid(), 'a b -> a', name as 'max')).hint

  it('names of reductions in other libraries lead to ours, and others to a function', () => {
    expect(hintOf('average')).toBe("did you mean 'mean'?")
    expect(hintOf('amax')).toBe("did you mean 'max'?")
    expect(hintOf('median')).toBe('a function (view, axes) => array can compute the median')
  })

  it('a length that einops would take for "infer" is left out here', () => {
    const error = mistakeOf(() => rearrange(row(), '(a b) -> a b', { a: 2, b: -1 }))
    expect(error.hint).toBe("leave 'b' out to have it inferred")
    const big = mistakeOf(() => rearrangeAny(row(), '(a b) -> a b', { a: 2n }))
    expect(big.hint).toBe('write 2 without the n')
    expect(big.message).toContain('lengths: { a: 2n }')
  })

  it('einsum says, too, by how much a group misses', () => {
    const error = mistakeOf(() => einsum([row()], '(a b) -> a b', { a: 4 }))
    expect(error.hint).toBe('a = 4 leaves a remainder of 2; 4 and 8 would divide')
  })

  it('what each packed shape takes is shown where they do not fill the axis', () => {
    const error = mistakeOf(() => unpack(row(), [[], [2, 2]], '*'))
    expect(error.hint).toBe('[] takes 1, [2, 2] takes 4')
    expect(mistakeOf(() => unpack(row(), [], '*')).message).not.toContain('hint:')
    const beside = mistakeOf(() => unpack(ndarray(new Float32Array(0), [0]), [[0, -1]], '*'))
    expect(beside.hint).toBe('beside a 0 any length fits: write it for the -1')
  })
})

describe('characters that do not show', () => {
  it('an invisible one is marked, with the caret under it', () => {
    const pattern: string = 'a\u200bb c -> c a\u200bb'
    const lines = mistakeOf(() => rearrange(grid(), pattern)).message.split('\n')
    expect(lines[2]).toBe('  a·b c -> c a·b')
    expect(lines[3]).toBe('   ^')
  })

  it('a mark apart from its letter leads to the composed form, which is a name', () => {
    const apart: string = 'o\u0308 b -> b o\u0308'
    expect(mistakeOf(() => rearrange(grid(), apart)).hint).toContain("pattern.normalize('NFC')")
    expect(rearrange(grid(), apart.normalize('NFC')).shape).toEqual([2, 2])
  })
})

describe('plain arrays of big integers', () => {
  const big = () => ndarray([1n, 2n, 3n, 4n] as never[], [2, 2])
  const both = () => ndarray([1n, 2, 3n, 4] as never[], [2, 2])
  const out = () => ndarray([0, 0] as never[], [2])

  it('are summed and multiplied exactly', () => {
    expect(reduce(big(), 'a b -> a', 'sum').data).toEqual([3n, 7n])
    expect(reduce(big(), 'a b -> b', 'max').data).toEqual([3n, 4n])
    expect(einsum([big(), big()], 'i j, j k -> i k').data).toEqual([7n, 10n, 15n, 22n])
  })

  it('have no mean, as those of typed arrays', () => {
    const { code, message } = mistakeOf(() => reduce(big(), 'a b -> a', 'mean'))
    expect(code).toBe('reduction/dtype')
    expect(message).toContain("'mean' of big integers")
  })

  it.each(['sum', 'mean', 'prod'] as const)(
    'are not mixed with numbers in a %s, and nothing is written',
    (reduction) => {
      const target = out()
      const call = () => reduce(both(), 'a b -> a', reduction, {}, { out: target })
      expect(mistakeOf(call).message).toContain(`'${reduction}' of numbers and big integers`)
      expect(target.data).toEqual([0, 0])
      expect(reduce(both(), 'a b -> a', 'max').data).toEqual([2, 4])
    },
  )

  it('are not mixed with numbers in a product', () => {
    const numbers = ndarray([1, 2, 3, 4] as never[], [2, 2])
    for (const operands of [
      [big(), numbers],
      [numbers, big()],
      [both(), both()],
      [numbers, both()],
    ]) {
      expect(mistakeOf(() => einsum(operands as never, 'i j, j k -> i k')).code).toBe('tensor/dtype')
    }
    expect(einsum([numbers, numbers], 'i j, j k -> i k').data).toEqual([7, 10, 15, 22])
  })
})
