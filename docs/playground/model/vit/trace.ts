/**
 * The digit's way through the model, step by step, by the library's own layers and patterns: every number that the story
 * shows. The levers act between the steps. Without any the end is `model.forward` (a test holds that).
 */
import type { NdArray } from 'ndarray'
import { einsum, pack, rearrange } from 'tesserae'
import { type Attention, GELU, type LayerNorm, Softmax, type ViT } from 'tesserae/nn'
import { arrayOf } from '../library.ts'
import { flat } from './flat.ts'
import { type Levers, pixelsUnder } from './levers.ts'

type Floats = NdArray<Float32Array>

/** One layer, for every token: [n, d] unless said otherwise, in row-major order. */
export interface LayerTrace {
  readonly input: Float32Array
  readonly norm1: Float32Array
  /** [n, 3 d]: queries, keys and values, each of all heads. */
  readonly qkv: Float32Array
  /** [head, n, n], divided by √d of a head, before softmax. */
  readonly scores: Float32Array
  /** [head, n, n]. */
  readonly weights: Float32Array
  /** What the heads found, side by side; 0 where a head is muted. */
  readonly mixed: Float32Array
  readonly attention: Float32Array
  readonly middle: Float32Array
  readonly norm2: Float32Array
  /** [n, hidden], after GELU. */
  readonly hidden: Float32Array
  readonly mlp: Float32Array
  readonly output: Float32Array
}

export interface Trace {
  /** What the model gets after the levers, [28, 28]. */
  readonly pixels: Float32Array
  /** [16, 49]. */
  readonly patches: Float32Array
  /** [16, d], by the convolution. */
  readonly embedded: Float32Array
  /** [17, d]: the class token first. */
  readonly packed: Float32Array
  /** With positions: what the first layer gets. */
  readonly tokens: Float32Array
  readonly layers: readonly LayerTrace[]
  /** The class token after the head's norm. */
  readonly final: Float32Array
  readonly logits: Float32Array
  /** What the head would answer after each layer, the embedding first. */
  readonly lenses: readonly Float32Array[]
}

/** What does not depend on the drawing. */
export interface Weights {
  readonly width: number
  readonly heads: number
  /** [d, 49] and [d]. */
  readonly kernels: Float32Array
  readonly bias: Float32Array
  readonly classToken: Float32Array
  /** [17, d]. */
  readonly positions: Float32Array
  /** [10, d] and [10]. */
  readonly head: Float32Array
  readonly headBias: Float32Array
  /** Of each layer, [3 d, d]. */
  readonly qkv: readonly Float32Array[]
}

/** Of the file's tensors: asking the model for its own would take them out of its kernels' memory. */
export function weightsOf(tensors: Readonly<Record<string, Floats>>, model: ViT): Weights {
  const get = (name: string) => flat(tensors[name]!)
  const { layers } = model.encoderBlocks
  return {
    width: tensors['embedding_block.cls_token']!.shape.at(-1)!,
    heads: layers[0]!.attn.numHeads,
    kernels: get('embedding_block.patcher.0.weight'),
    bias: get('embedding_block.patcher.0.bias'),
    classToken: get('embedding_block.cls_token'),
    positions: get('embedding_block.position_embedding'),
    head: get('mlp_head.1.weight'),
    headBias: get('mlp_head.1.bias'),
    qkv: layers.map((_, i) => get(`encoder_blocks.layers.${i}.self_attn.in_proj_weight`)),
  }
}

/** Follows a drawing, [28, 28] of ink, through the model. */
export function trace(model: ViT, weights: Weights, drawn: Float32Array, levers: Levers): Trace {
  const pixels = pixelsUnder(drawn, levers)
  const image = arrayOf(pixels, [1, 1, 28, 28])
  const patches = rearrange(image, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 7, s2: 7 })
  const embedded = rearrange(model.embeddingBlock.patcher.forward(image), 'b d n -> b n d')
  const classToken = arrayOf(weights.classToken, [1, weights.width])
  const [packed] = pack([classToken, embedded], 'b * d')
  const n = packed.shape[1]!
  const d = packed.shape[2]!
  const token = (values: Float32Array) => arrayOf(values, [1, n, d])
  const positions = levers.positions ? weights.positions : new Float32Array(n * d)
  let x = swapped(sum(flat(packed), positions), d, levers.swap)
  const tokens = x
  const lenses = [lens(model, x, d)]
  const layers = model.encoderBlocks.layers.map((block, index): LayerTrace => {
    const { norm1, norm2, mlp } = block
    const attn = block.attn as Attention
    const input = x
    const normed = norm1.forward(token(input))
    const qkv = attn.qkv.forward(normed)
    const [q, k, v] = split(qkv, attn.numHeads)
    const raw = einsum([q, k], 'b h n d, b h m d -> b h n m')
    const scores = flat(raw).map((score) => score * attn.scale)
    const looks = new Softmax().forward(arrayOf(scores, [...raw.shape]))
    const found = flat(einsum([looks, v], 'b h n m, b h m d -> b n (h d)'))
    const mixed = muted(found, attn.numHeads, d, levers, index)
    const attention = flat(attn.proj.forward(token(mixed)))
    const middle = sum(input, attention)
    const second = norm2.forward(token(middle))
    const hidden = new GELU().forward(mlp.fc1.forward(second))
    const fed = flat(mlp.fc2.forward(hidden))
    x = sum(middle, fed)
    lenses.push(lens(model, x, d))
    return {
      input,
      norm1: flat(normed),
      qkv: flat(qkv),
      scores,
      weights: flat(looks),
      mixed,
      attention,
      middle,
      norm2: flat(second),
      hidden: flat(hidden),
      mlp: fed,
      output: x,
    }
  })
  const norm = model.mlpHead.members()[0]![1] as LayerNorm
  const final = flat(norm.forward(arrayOf(x.slice(0, d), [1, d])))
  return {
    pixels,
    patches: flat(patches),
    embedded: flat(embedded),
    packed: flat(packed),
    tokens,
    layers,
    final,
    logits: lenses.at(-1)!,
    lenses,
  }
}

/** Queries, keys and values, each [b, head, n, d]. */
function split(qkv: Floats, heads: number): [Floats, Floats, Floats] {
  const all = rearrange(qkv, 'b n (qkv h d) -> qkv b h n d', { qkv: 3, h: heads })
  return [0, 1, 2].map((which) => all.pick(which, null, null, null, null)) as [Floats, Floats, Floats]
}

function lens(model: ViT, tokens: Float32Array, d: number): Float32Array {
  return flat(model.mlpHead.forward(arrayOf(tokens.slice(0, d), [1, d])))
}

function muted(
  mixed: Float32Array,
  heads: number,
  d: number,
  { muted }: Levers,
  layer: number,
): Float32Array {
  const width = d / heads
  const mine = muted.filter((one) => Math.floor(one / heads) === layer).map((one) => one % heads)
  if (mine.length === 0) return mixed
  return mixed.map((value, i) => (mine.includes(Math.floor((i % d) / width)) ? 0 : value))
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!)
}

/** Two tokens change places, with their positions. */
function swapped(tokens: Float32Array, d: number, pair: Levers['swap']): Float32Array {
  if (pair === null) return tokens
  const [a, b] = pair
  const result = tokens.slice()
  result.set(tokens.subarray(a * d, (a + 1) * d), b * d)
  result.set(tokens.subarray(b * d, (b + 1) * d), a * d)
  return result
}
