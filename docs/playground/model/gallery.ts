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
    id: 'patchify',
    title: 'Patchify',
    text: 'Cut an image into patches, one row each: the first step of a Vision Transformer.',
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
    operation: 'rearrange',
    pattern: 'h w c -> c h w',
    shapes: [[4, 5, 3]],
    real: { shapes: [[1080, 1920, 3]] },
  },
  {
    id: 'chw-hwc',
    title: 'CHW to HWC',
    text: 'Three planes become pixels again.',
    operation: 'rearrange',
    pattern: 'c h w -> h w c',
    shapes: [[3, 4, 5]],
    real: { shapes: [[3, 1080, 1920]] },
  },
  {
    id: 'split-heads',
    title: 'Split heads',
    text: 'Each token’s vector is shared out among the heads of attention.',
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
    operation: 'repeat',
    pattern: 'h w -> (2 h) (w 3)',
    shapes: [[2, 3]],
    real: { shapes: [[512, 512]] },
  },
  {
    id: 'batch-token',
    title: 'A token for each image',
    text: 'The class token, repeated for the batch without a copy.',
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
