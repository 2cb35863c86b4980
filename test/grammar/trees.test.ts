/** What the readers make of right patterns: kinds, names, lengths, spans. */
import { describe, expect, test } from 'vitest'
import type { Axis, Expression } from '../../grammar/ast.ts'
import { parseEinsum, parsePackPattern, parseShapePattern, parseTransform } from '../../grammar/index.ts'

/** An expression in a short form: a name, a number, '...', or a list of those for a group. */
const brief = ({ items }: Expression) =>
  items.map((item) => (item.kind === 'group' ? item.axes.map(briefAxis) : briefAxis(item)))
const briefAxis = (axis: Axis) =>
  axis.kind === 'axis' ? axis.name : axis.kind === 'number' ? axis.length : '...'

const sides = (text: string, operation: 'rearrange' | 'reduce' | 'repeat' = 'rearrange') => {
  const { left, right } = parseTransform(text, operation)
  return [brief(left), brief(right)]
}

describe('sides of a transform', () => {
  test('names, groups, units and the ellipsis stand in the order of the text', () => {
    expect(sides('b (h s1)... 1 () -> (1 b ...) h () s1')).toEqual([
      ['b', ['h', 's1'], '...', 1, []],
      [[1, 'b', '...'], 'h', [], 's1'],
    ])
  })

  test('an empty side has no dimensions', () => {
    expect(sides('->')).toEqual([[], []])
    expect(sides('  ->  ')).toEqual([[], []])
  })

  test('plain spaces are free, also none around parentheses and the arrow', () => {
    expect(sides('  a (b c)(d e)->(a d)( b  e )c ')).toEqual([
      ['a', ['b', 'c'], ['d', 'e']],
      [['a', 'd'], ['b', 'e'], 'c'],
    ])
  })

  test('01 is 1, and digits of any script count', () => {
    expect(sides('a 01 -> a 1')).toEqual([
      ['a', 1],
      ['a', 1],
    ])
    expect(sides('(a ٣) 𝟙𝟚 -> a', 'reduce')).toEqual([[['a', 3], 12], ['a']])
  })

  test('reduce drops named axes, numbers and the ellipsis', () => {
    expect(sides('a b 3 ... -> a 1', 'reduce')).toEqual([
      ['a', 'b', 3, '...'],
      ['a', 1],
    ])
  })

  test('repeat makes named axes and numbers', () => {
    expect(sides('a ... -> (a 2) ... c', 'repeat')).toEqual([
      ['a', '...'],
      [['a', 2], '...', 'c'],
    ])
  })

  test('letters of any script and names on Object.prototype are names', () => {
    expect(sides('длина 高 ß constructor -> constructor ß 高 длина')).toEqual([
      ['длина', '高', 'ß', 'constructor'],
      ['constructor', 'ß', '高', 'длина'],
    ])
  })

  test('every node knows its place in the text', () => {
    const text = ' b (h  s1) -> b s1 h'
    const { left, right } = parseTransform(text, 'rearrange')
    const at = ({ span }: { span: { start: number; end: number } }) => text.slice(span.start, span.end)
    expect(left.items.map(at)).toEqual(['b', '(h  s1)'])
    expect(left.items[1]!.kind === 'group' && left.items[1]!.axes.map(at)).toEqual(['h', 's1'])
    expect([at(left), at(right)]).toEqual(['b (h  s1)', 'b s1 h'])
  })

  test('an empty side is the place where it would stand', () => {
    expect(parseTransform('a -> ', 'reduce').right.span).toEqual({ start: 4, end: 5 })
    expect(parseTransform('->', 'reduce').left.span).toEqual({ start: 0, end: 0 })
  })
})

describe('einsum', () => {
  const parts = (text: string) => {
    const { operands, output } = parseEinsum(text)
    return [...operands.map(brief), brief(output)]
  }

  test('operands stand between commas, with groups and units', () => {
    expect(parts('b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d')).toEqual([
      ['b', 'c', ['h', 's1'], ['w', 's2']],
      ['d', ['s1', 's2', 'c']],
      ['b', ['h', 'w'], 'd'],
    ])
    expect(parts('i 1 (), j->1 (i j)')).toEqual([['i', 1, []], ['j'], [1, ['i', 'j']]])
  })

  test('an operand may have no dimensions', () => {
    expect(parts(', i -> i')).toEqual([[], ['i'], ['i']])
    expect(parts('->')).toEqual([[], []])
  })

  test('a name may come twice in an operand, and _ is a name', () => {
    expect(parts('i i ->')).toEqual([['i', 'i'], []])
    expect(parts('_ i, _ j -> i j')).toEqual([
      ['_', 'i'],
      ['_', 'j'],
      ['i', 'j'],
    ])
  })

  test('the ellipsis may be missing in the output: operands may have nothing for it', () => {
    expect(parts('... i -> i')).toEqual([['...', 'i'], ['i']])
  })
})

describe('shapes', () => {
  test('parseShape reads single axes, numbers and units; _ comes as often as one likes', () => {
    const { shape } = parseShapePattern('_ (a 1) ... _ 3 ()', 'parseShape')
    expect(brief(shape)).toEqual(['_', ['a', 1], '...', '_', 3, []])
  })

  test('checkShape reads groups with numbers', () => {
    const { shape } = parseShapePattern('b 3 (h 16) (_ 16)', 'checkShape')
    expect(brief(shape)).toEqual(['b', 3, ['h', 16], ['_', 16]])
  })
})

describe('pack', () => {
  test('names stand before and after the star, separated by any white space', () => {
    const { before, star, after } = parsePackPattern(' row\tcol   *\nif\u00a0axis', 'pack')
    expect(before.map(({ name }) => name)).toEqual(['row', 'col'])
    expect(star).toEqual({ start: 11, end: 12 })
    expect(after.map(({ name }) => name)).toEqual(['if', 'axis'])
  })
})
