/** Shapes follow the pattern that is typed, and pasted calls are understood. */
import { describe, expect, test } from 'vitest'
import { fitPicture } from '../../docs/playground/model/fit-picture.ts'
import { follow } from '../../docs/playground/model/follow.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { complaint } from '../../docs/playground/model/library.ts'
import { readPasted } from '../../docs/playground/model/pasted.ts'
import { read } from '../../docs/playground/model/reading.ts'
import { initialState, landing, type State } from '../../docs/playground/model/state.ts'

const typed = (change: Partial<State>, from: State = landing) =>
  follow({ ...from, lengths: new Map<string, number>(), ...change })

describe('a pattern typed into the fresh page', () => {
  const patterns = [
    'b c (h p1) (w p2) -> b (h w) (p1 p2 c)',
    'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
    '(h p) (w p2) c -> h w (p p2 c)',
    'b h w c -> b c h w',
    'b n (h d) -> b h n d',
    '(h 16) (w 16) c -> (h w) (16 16 c)'.replace('(16 16 c)', 'c'),
    'a ... b -> b ... a',
    'x y z -> (x y z)',
    'h w -> h w',
    '(a b c) -> a b c',
  ]
  for (const pattern of patterns) {
    const operation = pattern.includes('16') ? 'reduce' : 'rearrange'
    test(`${pattern} has a shape and lengths that it accepts`, () => {
      const state = typed({ pattern, operation })
      expect(complaint(state)?.message).toBeUndefined()
      expect(state.pattern).toBe(pattern)
    })
  }

  test('keeps the picture where it can be one', () => {
    const { source, shapes, lengths } = typed({ pattern: 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)' })
    expect({ source, shapes, lengths: Object.fromEntries(lengths) }).toEqual({
      source: 'picture',
      shapes: [[1, 3, 48, 64]],
      lengths: { p1: 16, p2: 16 },
    })
  })

  test('of a product gets operands that meet', () => {
    const state = typed({
      operation: 'einsum',
      pattern: 'b h n d, b h m d -> b h n m',
      shapes: [
        [2, 2],
        [2, 2],
      ],
    })
    expect(complaint(state)?.message).toBeUndefined()
  })

  test('of a repeat gets a length for the new axis', () => {
    const state = typed({ operation: 'repeat', pattern: 'h w -> h w copies' }, initialState)
    expect([...state.lengths]).toEqual([['copies', 2]])
    expect(state.shapes).toEqual(initialState.shapes)
  })

  test('of a pack gets parts that agree', () => {
    const state = typed({ operation: 'pack', pattern: 'b * d', shapes: [[1], [2]] })
    expect(complaint(state)?.message).toBeUndefined()
  })

  test('that is wrong itself is left as it is', () => {
    const state = { ...landing, pattern: 'h w -> w hh' }
    expect(follow(state)).toBe(state)
  })

  test('that the shape fits already keeps it', () => {
    for (const state of gallery.map(stateOf)) expect(follow(state)).toBe(state)
  })
})

describe('a pasted call', () => {
  const change = (text: string, shape: readonly number[] = [4, 6]) => {
    const pasted = readPasted(text, shape)
    if (pasted === null || 'refused' in pasted) throw new Error(`not understood: ${JSON.stringify(pasted)}`)
    const { lengths, ...rest } = pasted.change
    return { ...rest, lengths: Object.fromEntries(lengths ?? []) }
  }

  test('of einops is its operation, pattern and lengths', () => {
    expect(change("rearrange(img, 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)', p1=16, p2 = 16)")).toEqual({
      operation: 'rearrange',
      pattern: 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)',
      lengths: { p1: 16, p2: 16 },
    })
    expect(change('y = einops.reduce(x, "b c h w -> b c", "max")')).toEqual({
      operation: 'reduce',
      pattern: 'b c h w -> b c',
      reduction: 'max',
      lengths: {},
    })
    expect(change("nn.Sequential(Rearrange('b n (h d) -> b h n d', h=8), nn.Linear(4, 4))")).toMatchObject({
      operation: 'rearrange',
      pattern: 'b n (h d) -> b h n d',
    })
  })

  test('of this library has its lengths in an object', () => {
    expect(change("const y = rearrange(x, '(h s) w -> h s w', { s: 2 })")).toEqual({
      operation: 'rearrange',
      pattern: '(h s) w -> h s w',
      lengths: { s: 2 },
    })
  })

  test('of torch.einsum has a letter for each axis', () => {
    expect(change("torch.einsum('bhqd,bhkd->bhqk', q, k)")).toMatchObject({
      operation: 'einsum',
      pattern: 'b h q d, b h k d -> b h q k',
    })
    expect(change("np.einsum('...ij,...jk->...ik', a, b)")).toMatchObject({
      pattern: '... i j, ... j k -> ... i k',
    })
  })

  test('of pack keeps its star', () => {
    expect(change("pack([cls, patches], 'b * d')")).toMatchObject({ operation: 'pack', pattern: 'b * d' })
  })

  test('of reshape and transpose becomes the pattern that they stand for', () => {
    const patches = change('x.reshape(3, 2, 2, 3, 2).permute(1, 3, 2, 4, 0).reshape(6, 12)', [3, 4, 6])
    expect(patches.pattern).toBe('c (h1 h2) (w1 w2) -> (h1 w1) (h2 w2 c)')
    expect(patches.lengths).toEqual({ h2: 2, w2: 2 })
    expect(change('x.permute(0, 2, 3, 1)', [1, 3, 4, 5]).pattern).toBe('1 c h w -> 1 h w c')
    expect(change('x.transpose(0, 1)').pattern).toBe('h w -> w h')
    expect(change('x.flatten(1)', [2, 3, 4]).pattern).toBe('c h w -> c (h w)')
    expect(change('x.view(2, -1)').pattern).toBe('(h1 h2) w -> h1 (h2 w)')
  })

  test('of NumPy takes the tensor first and the order as a tuple', () => {
    expect(change('np.transpose(x, (1, 0))', [3, 4]).pattern).toBe('h w -> w h')
    expect(change('tf.transpose(x, perm=[0, 2, 1])', [3, 4, 5]).pattern).toBe('c h w -> c w h')
    expect(change('np.reshape(x, (2, -1))').pattern).toBe('(h1 h2) w -> h1 (h2 w)')
  })

  test('of permute tells how many dimensions there are', () => {
    expect(change('x.permute(0, 2, 3, 1)', [48, 64, 3]).pattern).toBe('b c h w -> b h w c')
  })

  test('becomes a pattern that the library accepts', () => {
    for (const [text, shape] of [
      ['x.reshape(3, 2, 2, 3, 2).permute(1, 3, 2, 4, 0).reshape(6, 12)', [3, 4, 6]],
      ['x.view(2, -1)', [4, 6]],
      ['x.permute(0, 2, 3, 1)', [1, 3, 4, 5]],
    ] as const) {
      const pasted = readPasted(text, shape)
      if (pasted === null || 'refused' in pasted) throw new Error(text)
      expect(complaint({ ...initialState, ...pasted.change })?.message).toBeUndefined()
    }
  })

  test('that no pattern says is refused with the reason', () => {
    expect(readPasted('x.reshape(3, 8)', [4, 6])).toEqual({
      refused: 'this reshape mixes axes: 4 does not split into 3 and a rest, so no pattern says it',
    })
    expect(readPasted('x.reshape(5, 5)', [4, 6])).toMatchObject({
      refused: expect.stringMatching(/24 numbers/),
    })
    expect(readPasted('x.reshape(b, -1)', [4, 6])).toMatchObject({
      refused: expect.stringMatching(/numbers/),
    })
    expect(readPasted('rearrange(x, pattern)', [4, 6])).toMatchObject({
      refused: expect.stringMatching(/no pattern/),
    })
  })

  test('is not seen in a pattern', () => {
    for (const { pattern } of gallery) expect(readPasted(pattern, [2, 3])).toBeNull()
  })
})

describe('a dropped picture', () => {
  const size = (state: State) => fitPicture(state, 800, 600)

  test('keeps the pattern, with patches that can be seen', () => {
    const state = stateOf(gallery.find(({ id }) => id === 'patchify')!)
    const next = { ...state, ...size(state) }
    expect(next.shapes).toEqual([[1, 3, 72, 96]])
    expect(Object.fromEntries(next.lengths)).toEqual({ s1: 24, s2: 24 })
    expect(next.pattern).toBe(state.pattern)
    expect(read(next)!.result.shape).toEqual([1, 12, 1728])
  })

  test('is accepted by every example that can show it, and else cut into patches', () => {
    for (const state of gallery.map(stateOf)) {
      const next = { ...state, ...size(state) }
      expect(complaint(next)?.message, state.pattern).toBeUndefined()
      expect(next.source).toBe('picture')
    }
  })
})
