/**
 * The patterns one meets: each with a shape small enough to follow every element, and the shape it has in practice,
 * on which the time is taken.
 */
import type { Operation, Reduction, Source, State } from './state.ts'

export interface Example {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly operation: Operation
  readonly pattern: string
  readonly shapes: readonly (readonly number[])[]
  readonly lengths?: Readonly<Record<string, number>>
  readonly reduction?: Reduction
  /** What it does in one sentence; `{h}` stands for the length of the axis h. */
  readonly caption: string
  /** What the tensors are called there. */
  readonly names?: { readonly operands: readonly string[]; readonly result: string }
  readonly source?: Source
  readonly colour?: readonly string[]
  /** Shapes and lengths of real use. */
  readonly real: {
    readonly shapes: readonly (readonly number[])[]
    readonly lengths?: Readonly<Record<string, number>>
  }
}

export const gallery: readonly Example[] = [
  {
    id: 'picture',
    title: 'A picture in patches',
    text: 'Cut a picture into patches, one row each: where a Vision Transformer begins.',
    caption: 'Each row is one patch: its {s1}×{s2} pixels × {c} channels, one after the other.',
    operation: 'rearrange',
    pattern: '(h s1) (w s2) c -> (h w) (s1 s2 c)',
    shapes: [[48, 64, 3]],
    lengths: { s1: 16, s2: 16 },
    source: 'picture',
    names: { operands: ['picture'], result: 'patches' },
    real: { shapes: [[224, 224, 3]], lengths: { s1: 16, s2: 16 } },
  },
  {
    id: 'patchify',
    title: 'Patchify',
    text: 'Cut an image into patches, one row each: the first step of a Vision Transformer.',
    caption: 'Each row is one patch: its {s1}×{s2} pixels × {c} channels.',
    names: { operands: ['images'], result: 'patches' },
    operation: 'rearrange',
    pattern: 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
    shapes: [[1, 3, 4, 6]],
    lengths: { s1: 2, s2: 2 },
    real: { shapes: [[8, 3, 224, 224]], lengths: { s1: 16, s2: 16 } },
  },
  {
    id: 'unpatchify',
    title: 'Unpatchify',
    text: 'The inverse: patches back to an image.',
    caption: 'Each row of {s1}×{s2}×3 numbers is laid back as the patch it was cut from.',
    names: { operands: ['patches'], result: 'images' },
    operation: 'rearrange',
    pattern: 'b (h w) (s1 s2 c) -> b c (h s1) (w s2)',
    shapes: [[1, 6, 12]],
    lengths: { h: 2, s1: 2, s2: 2 },
    real: { shapes: [[8, 196, 768]], lengths: { h: 14, s1: 16, s2: 16 } },
  },
  {
    id: 'mosaic',
    title: 'A picture in tiles',
    text: 'The same cut, seen: tiles of a picture laid in one row.',
    caption: 'The tiles lie in one row, each {s1}×{s2} pixels and as it was.',
    operation: 'rearrange',
    pattern: '(h s1) (w s2) c -> s1 (h w s2) c',
    shapes: [[72, 96, 3]],
    lengths: { s1: 24, s2: 24 },
    source: 'picture',
    real: { shapes: [[1080, 1920, 3]], lengths: { s1: 120, s2: 120 } },
  },
  {
    id: 'hwc-chw',
    title: 'HWC to CHW',
    text: 'Pixels with three values become three planes.',
    caption: 'Each plane holds one of the {c} values of every pixel.',
    operation: 'rearrange',
    pattern: 'h w c -> c h w',
    shapes: [[4, 5, 3]],
    real: { shapes: [[1080, 1920, 3]] },
  },
  {
    id: 'chw-hwc',
    title: 'CHW to HWC',
    text: 'Three planes become pixels again.',
    caption: 'The {c} planes are laid together: each pixel has its {c} values side by side.',
    operation: 'rearrange',
    pattern: 'c h w -> h w c',
    shapes: [[3, 4, 5]],
    real: { shapes: [[3, 1080, 1920]] },
  },
  {
    id: 'split-heads',
    title: 'Split heads',
    text: 'Each token’s vector is shared out among the heads of attention.',
    caption: 'Each head gets {d} of every token’s numbers, and all {n} tokens.',
    names: { operands: ['tokens'], result: 'heads' },
    operation: 'rearrange',
    pattern: 'b n (h d) -> b h n d',
    shapes: [[1, 5, 12]],
    lengths: { h: 3 },
    real: { shapes: [[8, 197, 768]], lengths: { h: 12 } },
  },
  {
    id: 'merge-heads',
    title: 'Merge heads',
    text: 'What the heads found, side by side again. This one needs a copy.',
    caption: 'Each token gets back what its {h} heads found, {d} numbers from each.',
    names: { operands: ['heads'], result: 'tokens' },
    operation: 'rearrange',
    pattern: 'b h n d -> b n (h d)',
    shapes: [[1, 3, 5, 4]],
    colour: ['h'],
    real: { shapes: [[8, 12, 197, 64]] },
  },
  {
    id: 'window-partition',
    title: 'Window partition',
    text: 'Swin’s windows: attention stays inside each.',
    caption: 'Each window holds {ws1}×{ws2} neighbours, and becomes a picture of its own.',
    operation: 'rearrange',
    pattern: 'b (h ws1) (w ws2) c -> (b h w) (ws1 ws2) c',
    shapes: [[1, 4, 6, 2]],
    lengths: { ws1: 2, ws2: 2 },
    real: { shapes: [[8, 56, 56, 96]], lengths: { ws1: 7, ws2: 7 } },
  },
  {
    id: 'space-to-depth',
    title: 'Space to depth',
    text: 'Every 2×2 block becomes channels of one smaller image.',
    caption: 'Each {s1}×{s2} block becomes one pixel with {s1}×{s2} times the channels.',
    operation: 'rearrange',
    pattern: 'b c (h s1) (w s2) -> b (s1 s2 c) h w',
    shapes: [[1, 2, 4, 6]],
    lengths: { s1: 2, s2: 2 },
    real: { shapes: [[8, 64, 112, 112]], lengths: { s1: 2, s2: 2 } },
  },
  {
    id: 'pixel-shuffle',
    title: 'Pixel shuffle',
    text: 'Channels become pixels: upsampling without interpolation.',
    caption: 'Each pixel’s {s1}×{s2} channels become a {s1}×{s2} block of pixels.',
    operation: 'rearrange',
    pattern: 'b (c s1 s2) h w -> b c (h s1) (w s2)',
    shapes: [[1, 4, 3, 4]],
    lengths: { s1: 2, s2: 2 },
    real: { shapes: [[8, 256, 56, 56]], lengths: { s1: 2, s2: 2 } },
  },
  {
    id: 'channel-shuffle',
    title: 'Channel shuffle',
    text: 'ShuffleNet: channels of different groups meet.',
    caption: 'The channels of {g} groups take turns.',
    operation: 'rearrange',
    pattern: 'b (g c) h w -> b (c g) h w',
    shapes: [[1, 6, 2, 3]],
    lengths: { g: 2 },
    real: { shapes: [[8, 240, 28, 28]], lengths: { g: 3 } },
  },
  {
    id: 'pooling',
    title: 'Pooling',
    text: 'Each 2×2 block becomes its mean; or max, min, sum.',
    caption: 'Each 2×2 block becomes one number.',
    operation: 'reduce',
    pattern: 'b c (h 2) (w 2) -> b c h w',
    shapes: [[1, 2, 4, 6]],
    reduction: 'mean',
    real: { shapes: [[8, 64, 56, 56]] },
  },
  {
    id: 'thumbnail',
    title: 'A smaller picture',
    text: 'Mean over blocks of a picture: every tile becomes one pixel.',
    caption: 'Each {s1}×{s2} block of pixels becomes one pixel, their mean.',
    operation: 'reduce',
    pattern: '(h s1) (w s2) c -> h w c',
    shapes: [[72, 96, 3]],
    lengths: { s1: 6, s2: 6 },
    reduction: 'mean',
    source: 'picture',
    real: { shapes: [[1080, 1920, 3]], lengths: { s1: 4, s2: 4 } },
  },
  {
    id: 'global-pooling',
    title: 'Global pooling',
    text: 'One number for each channel.',
    caption: 'Each channel becomes one number, over all its pixels.',
    operation: 'reduce',
    pattern: 'b c ... -> b c',
    shapes: [[2, 3, 3, 4]],
    reduction: 'max',
    real: { shapes: [[8, 512, 7, 7]] },
  },
  {
    id: 'tiling',
    title: 'Tiling',
    text: 'New axes repeat: outside a group’s axis tiles, inside it stretches.',
    caption: 'The whole stands twice below itself, and each column three times.',
    operation: 'repeat',
    pattern: 'h w -> (2 h) (w 3)',
    shapes: [[2, 3]],
    real: { shapes: [[512, 512]] },
  },
  {
    id: 'batch-token',
    title: 'A token for each image',
    text: 'The class token, repeated for the batch without a copy.',
    caption: 'One token, seen by each of {b} images; nothing is copied.',
    operation: 'repeat',
    pattern: '1 n d -> b n d',
    shapes: [[1, 2, 4]],
    lengths: { b: 3 },
    real: { shapes: [[1, 1, 768]], lengths: { b: 64 } },
  },
  {
    id: 'patch-embed',
    title: 'PatchEmbed by einsum',
    text: 'Cut and project at once: no patch matrix ever exists.',
    caption:
      'Each patch of {s1}×{s2} pixels becomes {d} numbers: its pixels times a row of w, added up, for each d.',
    names: { operands: ['images', 'weight'], result: 'tokens' },
    operation: 'einsum',
    pattern: 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d',
    shapes: [
      [1, 1, 4, 4],
      [3, 4],
    ],
    lengths: { s1: 2, s2: 2 },
    real: {
      shapes: [
        [1, 3, 224, 224],
        [192, 768],
      ],
      lengths: { s1: 16, s2: 16 },
    },
  },
  {
    id: 'matmul',
    title: 'Batched matmul',
    text: 'Rows times columns, for each item of the batch.',
    caption: 'Each number is one row of the first times one column of the second, added up over k.',
    operation: 'einsum',
    pattern: 'b i k, b k j -> b i j',
    shapes: [
      [2, 3, 4],
      [2, 4, 3],
    ],
    real: {
      shapes: [
        [12, 197, 64],
        [12, 64, 197],
      ],
    },
  },
  {
    id: 'scores',
    title: 'Attention scores',
    text: 'Queries against keys, by head, straight from the fused projection.',
    caption: 'Each number tells how well a query n and a key m agree, in each of {h} heads.',
    names: { operands: ['q', 'k'], result: 'scores' },
    operation: 'einsum',
    pattern: 'n (h d), m (h d) -> h n m',
    shapes: [
      [4, 6],
      [3, 6],
    ],
    lengths: { h: 2 },
    real: {
      shapes: [
        [197, 768],
        [197, 768],
      ],
      lengths: { h: 12 },
    },
  },
  {
    id: 'gather',
    title: 'Attention’s answer',
    text: 'Weights times values, and the heads side by side again.',
    caption:
      'Each token gets the values of all {m} tokens, weighted by how much it looked at each, head beside head.',
    names: { operands: ['attention', 'v'], result: 'output' },
    operation: 'einsum',
    pattern: 'h n m, h m d -> n (h d)',
    shapes: [
      [2, 3, 3],
      [2, 3, 2],
    ],
    real: {
      shapes: [
        [12, 197, 197],
        [12, 197, 64],
      ],
    },
  },
  {
    id: 'pack',
    title: 'Pack a class token',
    text: 'One more token goes before the patches, whatever their grid.',
    caption:
      'The class token comes first, then the patches, one after the other: what stands under * is joined.',
    names: { operands: ['cls', 'patches'], result: 'tokens' },
    operation: 'pack',
    pattern: '* d',
    shapes: [
      [1, 4],
      [2, 3, 4],
    ],
    real: {
      shapes: [
        [1, 768],
        [14, 14, 768],
      ],
    },
  },
  {
    id: 'unpack',
    title: 'Unpack it again',
    text: 'The tokens apart: the class token, and the patches in their grid. Views, no copy.',
    caption: 'The first row is the class token again, and the rest lie in their grid as before.',
    names: { operands: ['cls', 'patches'], result: 'tokens' },
    operation: 'unpack',
    pattern: '* d',
    shapes: [
      [1, 4],
      [2, 3, 4],
    ],
    real: {
      shapes: [
        [1, 768],
        [14, 14, 768],
      ],
    },
  },
]

/** The state that shows an example. */
export function stateOf({ operation, pattern, shapes, lengths, reduction, source, colour }: Example): State {
  return {
    operation,
    pattern,
    shapes,
    lengths: new Map(Object.entries(lengths ?? {})),
    reduction: reduction ?? 'mean',
    source: source ?? 'numbers',
    colour: colour ?? [],
    element: null,
  }
}

/** The example of a state's operation and pattern, if it is one. */
export function exampleOf({ operation, pattern }: Pick<State, 'operation' | 'pattern'>): Example | undefined {
  return gallery.find((example) => example.operation === operation && example.pattern === pattern)
}
