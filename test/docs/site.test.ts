/** The documentation's pages: drawings are the library's, the reference says what options and methods there are. */
import ndarray, { type NdArray } from 'ndarray'
import { rearrange, reduce } from 'tesserae'
import { describe, expect, test } from 'vitest'
import { fromLink } from '../../docs/playground/model/state.ts'
import { type Documented, readApi } from '../../docs/site/api.ts'
import { drawBlock } from '../../docs/site/draw.ts'
import { highlight } from '../../docs/site/highlight.ts'

const root = new URL('../..', import.meta.url).pathname

describe('a drawing', () => {
  const numbers = (svg: string) =>
    [...svg.matchAll(/<text x=[^>]*style=[^>]*>([^<]*)<\/text>/g)].map(([, value]) => Number(value))
  const count = (x: NdArray<Float64Array>) =>
    Array.from(rearrange(x, '... -> (...)', {}, { copy: 'always' }).data)

  test('shows the operand’s numbers, then those that the library makes of them', () => {
    const x = ndarray(
      Float64Array.from({ length: 12 }, (_, i) => i),
      [2, 6],
    )
    const drawn = numbers(drawBlock("rearrange 'h (w s) -> s h w' [2, 6] s=2"))
    expect(drawn).toEqual([...count(x), ...count(rearrange(x, 'h (w s) -> s h w', { s: 2 }))])
    const folded = numbers(drawBlock("reduce 'h w -> h' [2, 6] 'max'"))
    expect(folded).toEqual([...count(x), ...count(reduce(x, 'h w -> h', 'max'))])
  })

  test('opens in the playground as it is', () => {
    const html = drawBlock("rearrange 'h (w s) -> s h w' [2, 6] s=2")
    const link = /href="\.\/playground\/index\.html#([^"]*)"/.exec(html)![1]!.replaceAll('&amp;', '&')
    const { operation, pattern, shapes, lengths } = fromLink(link)
    expect({ operation, pattern, shapes, lengths: [...lengths] }).toEqual({
      operation: 'rearrange',
      pattern: 'h (w s) -> s h w',
      shapes: [[2, 6]],
      lengths: [['s', 2]],
    })
  })

  test('that the library does not accept ends the build', () => {
    expect(() => drawBlock("rearrange 'h w -> w' [2, 6]")).toThrow(/only on the left/)
    expect(() => drawBlock('draw me something')).toThrow(/cannot draw/)
  })
})

describe('the reference', () => {
  const nn = readApi(root, 'src/nn.ts')
  const of = (name: string): Documented => nn.find((one) => one.name === name)!

  test('says what options VisionTransformer has and what each means', () => {
    const { options } = of('VisionTransformer')
    expect(options?.type).toBe('VisionTransformerOptions')
    const names = options!.fields.map(({ name }) => name)
    for (const name of ['imgSize', 'patchSize', 'embedDim', 'depth', 'numHeads', 'qkvBias', 'globalPool']) {
      expect(names).toContain(name)
    }
    const silent = options!.fields.filter(({ text }) => text === '')
    expect(silent.length).toBeLessThan(options!.fields.length / 2)
  })

  test('says what an option is if it is not given as the layer has it', () => {
    const said = nn.flatMap(({ name, options, members }) =>
      [...(options?.fields ?? []), ...members].flatMap(({ name: option, text, fallback }) => {
        const [, words] = /(\S+) if not given/.exec(text) ?? []
        if (fallback === undefined || fallback === 'null' || words === undefined) return []
        return [
          `${name}.${option}: ${words.replace(/[`,]/g, '').toLowerCase()} ${fallback.replace('_', '').toLowerCase()}`,
        ]
      }),
    )
    expect(said.length).toBeGreaterThan(100)
    expect(said.filter((line) => !/: (.*) \1$/.test(line))).toEqual([])
    expect(of('MlpOptions').members.find(({ name }) => name === 'hiddenFeatures')?.signature).toBe(
      'hiddenFeatures?: number',
    )
  })

  test('says what methods it has, with their docstrings', () => {
    const members = new Map(of('VisionTransformer').members.map((one) => [one.name, one]))
    for (const name of ['forwardFeatures', 'attentionMaps', 'fromCheckpoint']) {
      expect(members.get(name)?.text, name).not.toBe('')
      expect(members.get(name)?.signature, name).toContain(name)
    }
  })

  test('shows no private member', () => {
    for (const { name, members } of nn) {
      for (const { signature } of members) expect(signature, name).not.toMatch(/^(private|protected|#)/)
    }
  })
})

test('a name in code leads to where it is explained', () => {
  const link = (name: string) => (name === 'NdArray' ? './api.html#NdArray' : undefined)
  expect(highlight('x: NdArray[]', link)).toBe('x: <a href="./api.html#NdArray">NdArray</a>[]')
})
