/** How each class of the vectors is built from its configuration with this package, and what it gives by which name. */
import ndarray from 'ndarray'
import { einsum, rearrange, unpack } from 'tesserae'
import { resize } from 'tesserae/image'
import {
  type Activation,
  Attention,
  Conv2d,
  EncoderBlock,
  GELU,
  Identity,
  LayerNorm,
  Linear,
  LogSoftmax,
  Mlp,
  type Module,
  PatchEmbed,
  PatchEmbedding,
  type PatchEmbedOptions,
  Rearrange,
  ReLU,
  type ResampleOptions,
  RMSNorm,
  resamplePositions,
  Sequential,
  SiLU,
  Softmax,
  sinCosPositions2d,
  TransformerEncoder,
  TransformerEncoderLayer,
  VisionTransformer,
  type VisionTransformerOptions,
  ViT,
} from 'tesserae/nn'
import type { FloatArray, Results, VitCase } from './vit.ts'

type Runner = (vector: VitCase) => Results

/** `embed_dim` → `embedDim`, without the entries that describe the run and not the model, and those of None, which is a default but for an image's size. */
export function optionsOf(config: VitCase['config'], ...without: string[]): Record<string, unknown> {
  const run = new Set([
    'B',
    'N',
    'H',
    'W',
    'batch',
    'run_img',
    'big',
    'norm_eps',
    'prefix_tokens',
    'pos_embed_len',
  ])
  return Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => !run.has(name) && !without.includes(name))
      .filter(([name, value]) => value !== undefined && (value !== null || name === 'img_size'))
      .map(([name, value]) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  )
}

function load<M extends Module>(module: M, dict: VitCase['param']): M {
  module.loadStateDict(dict)
  return module
}

/** timm's and torch's names of an activation: `nn.GELU`, `gelu_tanh`, `partial(nn.GELU, approximate='tanh')`, `swish`. */
function activationOf(name: unknown): Activation | undefined {
  const text = String(name ?? '').toLowerCase()
  if (text.includes('quick')) return 'quick-gelu'
  if (text.includes('tanh')) return 'gelu-tanh'
  if (text.includes('swish')) return 'silu'
  return (['gelu', 'relu', 'silu'] as const).find((activation) => text.includes(activation))
}

/** The layers that timm's options name by their classes. */
function layersOf(config: VitCase['config']): Pick<VisionTransformerOptions, 'normLayer' | 'embedNormLayer'> {
  const normOf = (name: unknown): 'rmsnorm' | 'layernorm' =>
    /rms/i.test(String(name)) ? 'rmsnorm' : 'layernorm'
  const { norm_layer: norm, embed_norm_layer: embedNorm } = config
  return { normLayer: normOf(norm), ...(embedNorm ? { embedNormLayer: normOf(embedNorm) } : {}) }
}

const epsOf = (config: VitCase['config'], otherwise: number): number =>
  Number(config['norm_eps'] ?? otherwise)

/** The patch embeddings by convolution: of the documents (seed 000 and 004) and of timm. */
const patchEmbed: Runner = ({ config, param, input, equiv }) => {
  const { inC, norm, normLayer, ...options } = optionsOf(config) as Record<string, unknown> & { inC?: number }
  const isTimm = 'strict_img_size' in config || !('in_c' in config || 'norm' in config)
  const hasNorm = 'norm.weight' in param
  const common = {
    ...options,
    ...(inC === undefined ? {} : { inChans: inC }),
    normEps: epsOf(config, isTimm ? 1e-6 : 1e-5),
    norm: hasNorm,
    bias: 'proj.bias' in param,
  } as PatchEmbedOptions
  const x = input['x']!
  const embed = load(new PatchEmbed({ ...common, projection: 'conv' }), param)
  const [s1, s2] = embed.patchSize
  const weight = param['proj.weight']!
  const conv = new Conv2d(weight.shape[1]!, weight.shape[0]!, {
    kernelSize: [s1, s2],
    stride: [s1, s2],
    bias: common.bias ?? true,
  })
  load(conv, { weight, ...(common.bias ? { bias: param['proj.bias']! } : {}) })
  const linearWeight = equiv['linear_s1s2c.weight']
  const results: Record<string, FloatArray> = { 'output.y': embed.forward(x) }
  if (!common.dynamicImgPad) results['mid.conv'] = conv.forward(x)
  if (linearWeight === undefined) return results
  const cropped = croppedTo(x, [s1, s2])
  const [, , h, w] = cropped.shape as [number, number, number, number]
  const patches = rearrange(cropped, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1, s2 })
  const linear = new PatchEmbed({
    ...common,
    imgSize: [h, w],
    norm: false,
    outputFmt: 'NLC',
    projection: 'linear',
  })
  load(linear, { 'proj.weight': linearWeight, ...(common.bias ? { 'proj.bias': param['proj.bias']! } : {}) })
  return {
    ...results,
    'mid.patches_s1s2c': patches as FloatArray,
    'mid.linear_tokens': linear.forward(cropped),
  }
}

/** What whole patches cover of pictures, as a convolution does. */
function croppedTo(x: FloatArray, [s1, s2]: readonly [number, number]): FloatArray {
  const [b, c, h, w] = x.shape as [number, number, number, number]
  return x.hi(b, c, h - (h % s1), w - (w % s2))
}

/** Height and width of a patch, which a configuration may give as one number. */
const sidesOf = (size: unknown): [number, number] =>
  Array.isArray(size) ? (size as [number, number]) : [size as number, size as number]

/** Document 4's Rearrange + Linear, with its names. */
const rearrangeLinear: Runner = ({ config, param, input }) => {
  const { in_channel: c, emb_size: d } = config as Record<string, number>
  const [s1, s2] = sidesOf(config['patch_size'])
  const patches = new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1, s2 })
  const embed = new Sequential({ patch_embed_linear: new Sequential(patches, new Linear(s1 * s2 * c!, d!)) })
  const x = input['x']!
  return { 'output.y': load(embed, param).forward(x), 'mid.patches_s1s2c': patches.forward(x) }
}

/** Document 4's Conv2d + Rearrange, with its names. */
const convRearrange: Runner = ({ config, param, input, equiv }) => {
  const { in_channel: c, embed_dim: d } = config as Record<string, number>
  const [s1, s2] = sidesOf(config['patch_size'])
  const conv = new Conv2d(c!, d!, { kernelSize: [s1, s2], stride: [s1, s2] })
  const embed = new Sequential({
    patch_embed_conv: new Sequential(conv, new Rearrange('b c h w -> b (h w) c')),
  })
  const x = input['x']!
  const rows = new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1, s2 })
  const patches = rows.forward(croppedTo(x, [s1, s2]))
  const linear = new Linear(s1 * s2 * c!, d!)
  load(linear, { weight: equiv['linear_s1s2c.weight']!, bias: equiv['linear.bias']! })
  return {
    'output.y': load(embed, param).forward(x),
    'mid.conv': conv.forward(x),
    'mid.patches_s1s2c': patches,
    'mid.linear_tokens': linear.forward(patches),
  }
}

const patchEmbedding: Runner = ({ config, param, input }) => {
  const embed = load(new PatchEmbedding(optionsOf(config) as never), param)
  const x = input['x']!
  return { 'output.y': embed.forward(x), 'mid.patcher': embed.patcher.forward(x) }
}

const documentOne: Runner = ({ config, param, input }) => {
  const model = load(new ViT(optionsOf(config, 'dim_feedforward') as never), param)
  const x = input['x']!
  const embedding = model.embeddingBlock.forward(x)
  const layers = running(model.encoderBlocks.layers, embedding)
  const last = layers.at(-1) ?? embedding
  const [classToken] = unpack(last, [[], [-1]], 'b * d') as FloatArray[]
  return {
    'output.y': model.forward(x),
    'mid.embedding': embedding,
    ...named('mid.encoder.', layers),
    'mid.head_norm': model.mlpHead.at(0)!.forward(classToken!),
  }
}

const encoderLayerOptions = (config: VitCase['config']) => ({
  dModel: Number(config['d_model'] ?? config['dim']),
  nhead: Number(config['nhead'] ?? config['num_heads']),
  dimFeedforward: Number(config['dim_feedforward'] ?? config['hidden']),
  activation: activationOf(config['activation']) ?? 'relu',
  normFirst: Boolean(config['norm_first'] ?? false),
  layerNormEps: epsOf(config, 1e-5),
})

const encoderLayer: Runner = ({ config, param, input }) => {
  const layer = load(new TransformerEncoderLayer(encoderLayerOptions(config)), param)
  const x = input['x']!
  const attended = layer.normFirst ? layer.norm1.forward(x) : x
  const { output, weights } = layer.attn.attend(attended)
  const first = sum(x, output)
  const y = layer.normFirst ? first : layer.norm1.forward(first)
  const fed = layer.normFirst ? layer.norm2.forward(y) : y
  const linear2 = layer.mlp.forward(fed)
  return {
    'output.y': layer.forward(x),
    'mid.norm1': layer.normFirst ? attended : y,
    'mid.self_attn': output,
    'mid.attn_weights': weights,
    'mid.linear1': layer.mlp.fc1.forward(fed),
    'mid.linear2': linear2,
    'mid.norm2': layer.normFirst ? fed : layer.norm2.forward(sum(y, linear2)),
  }
}

const encoder: Runner = ({ config, param, input }) => {
  const layer = new TransformerEncoderLayer(encoderLayerOptions(config))
  const model = load(new TransformerEncoder(layer, Number(config['num_layers'])), param)
  const x = input['x']!
  return { 'output.y': model.forward(x), ...named('mid.layers.', running(model.layers, x)) }
}

const attentionRunner: Runner = ({ config, param, input }) => {
  const { dim, qkScale, attnDropRatio, projDropRatio, ...options } = optionsOf(config) as Record<
    string,
    number
  >
  const attention = new Attention(dim!, { ...options, ...(qkScale ? { qkScale } : {}) })
  load(attention, param)
  const x = input['x']!
  const qkv = attention.qkv.forward(x)
  const heads = { three: 3, h: attention.numHeads }
  const split = rearrange(qkv, 'b n (three h d) -> three b h n d', heads) as FloatArray
  const [q, k, v] = [0, 1, 2].map((part) => split.pick(part, null, null, null, null) as FloatArray)
  const { output, weights } = attention.attend(x)
  const logits = einsum([q!, k!], 'b h n d, b h m d -> b h n m') as FloatArray
  for (let i = 0; i < logits.data.length; i++) logits.data[i]! *= attention.scale
  return {
    'output.y': attention.forward(x),
    'mid.qkv': qkv,
    ...{ 'mid.q': q!, 'mid.k': k!, 'mid.v': v! },
    'mid.logits': logits,
    'mid.attn': weights,
    'mid.attended': output,
    'mid.merged_heads': einsum([weights, v!], 'b h n m, b h m d -> b n (h d)'),
  }
}

const block: Runner = ({ config, param, input, torch }) => {
  const { dim, hidden, actLayer, ...options } = optionsOf(config) as Record<string, number>
  const eps = epsOf(config, 1e-6)
  const layer = new EncoderBlock(dim!, {
    qkvBias: 'attn.qkv.bias' in param,
    ...(hidden === undefined ? {} : { hiddenFeatures: hidden }),
    ...options,
    ...layersOf(config),
    activation: activationOf(actLayer),
    ...{ numHeads: options['numHeads']!, eps },
  })
  load(layer, param)
  const x = input['x']!
  const norm1 = layer.norm1.forward(x)
  const { output, weights } = layer.attn.attend(norm1)
  const ls1 = layer.ls1.forward(output)
  const norm2 = layer.norm2.forward(sum(x, ls1))
  const results = {
    'output.y': layer.forward(x),
    'mid.norm1': norm1,
    'mid.attn.qkv': layer.attn.qkv.forward(norm1),
    'mid.attn.softmax': weights,
    'mid.attn': output,
    'mid.ls1': ls1,
    'mid.norm2': norm2,
    ...mlpParts(layer, norm2),
    'mid.mlp': layer.mlp.forward(norm2),
  }
  if (Object.keys(torch).length === 0) return results
  // the same weights under torch's names must give the same
  const twin = new TransformerEncoderLayer({
    ...encoderLayerOptions(config),
    ...{ activation: 'gelu', normFirst: true, layerNormEps: eps },
  })
  return { ...results, 'output.y': load(twin, torch).forward(x) }
}

/** What the MLP of timm's kind gives on its way. */
function mlpParts({ mlp }: EncoderBlock, x: FloatArray): Record<string, FloatArray> {
  if (!(mlp instanceof Mlp) || mlp.activation !== 'gelu') return {}
  const fc1 = mlp.fc1.forward(x)
  return { 'mid.mlp.fc1': fc1, 'mid.mlp.act': new GELU().forward(fc1) }
}

const visionTransformer: Runner = ({ config, param, input }) => {
  const model = new VisionTransformer({
    ...optionsOf(config, 'act_layer'),
    ...layersOf(config),
    actLayer: activationOf(config['act_layer']),
    eps: epsOf(config, 1e-6),
  })
  load(model, param)
  const x = input['x']!
  const tokens = model.embed(x)
  const normed = model.normPre.forward(tokens)
  const features = model.forwardFeatures(x)
  const headless = model.preLogits(x)
  return {
    'output.y': model.forward(x),
    'mid.patch_embed': model.patchEmbed.forward(x),
    'mid.tokens': tokens,
    'mid.norm_pre': normed,
    ...named('mid.blocks.', running(model.blocks, normed)),
    ...(model.norm instanceof Identity ? {} : { 'mid.norm': features }),
    ...(model.attnPool === null ? {} : { 'mid.attn_pool': headless }),
    'mid.pre_logits': headless,
  }
}

const resample: Runner = ({ config, input }) => {
  const { old, new: to, prefix } = config as { old: [number, number]; new: [number, number]; prefix: number }
  const { interpolation, antialias } = config as Pick<ResampleOptions, 'interpolation' | 'antialias'>
  const options = { from: old, to, numPrefixTokens: prefix, interpolation, antialias }
  return { 'output.y': resamplePositions(input['pos_embed']!, options) }
}

/** Models under foreign names, made by the checkpoint's own reading of them. */
const foreign: Runner = ({ config, param, input }) => {
  const dimHead = config['dim_head'] as number | undefined
  const model = VisionTransformer.fromStateDict(param, {
    numHeads: Number(config['num_attention_heads'] ?? config['heads']),
    ...(dimHead === undefined ? {} : { headDim: dimHead }),
    ...('channels' in config ? { inChans: Number(config['channels']) } : {}),
    ...('hidden_act' in config ? { actLayer: activationOf(config['hidden_act']) } : {}),
    ...('layer_norm_eps' in config ? { eps: Number(config['layer_norm_eps']) } : {}),
    ...('image_size' in config ? { imgSize: config['image_size'] as number } : {}),
    ...('patch_size' in config ? { patchSize: config['patch_size'] as number } : {}),
    ...(config['pool'] === 'mean'
      ? { globalPool: 'avg' as const, fcNorm: false, poolIncludePrefix: true }
      : {}),
  })
  const x = input['x']!
  const features = model.forwardFeatures(x)
  const [s1, s2] = model.patchEmbed.patchSize
  return {
    'output.y': model.forward(x),
    'mid.last_hidden_state': features,
    'mid.transformer': features,
    'mid.patches': rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1, s2 }),
    ...(config['dim_head'] === undefined ? {} : { 'mid.tokens': model.patchEmbed.forward(x) }),
  }
}

const activations: Runner = ({ class: name, config, param, input }) => {
  const layers: Record<string, () => Module> = {
    'nn.GELU': () => new GELU({ approximate: config['approximate'] as 'none' | 'tanh' }),
    'nn.ReLU': () => new ReLU(),
    'nn.SiLU': () => new SiLU(),
    'nn.LayerNorm': () =>
      new LayerNorm(config['normalized_shape'] as number[], {
        eps: Number(config['eps']),
        affine: Boolean(config['elementwise_affine'] ?? true),
      }),
    'nn.RMSNorm': () => new RMSNorm(config['normalized_shape'] as number[], { eps: Number(config['eps']) }),
    'nn.Linear': () =>
      new Linear(Number(config['in_features']), Number(config['out_features']), { bias: 'bias' in param }),
    'nn.Conv2d': () =>
      new Conv2d(Number(config['in_channels']), Number(config['out_channels']), {
        ...(optionsOf(config, 'in_channels', 'out_channels') as unknown as { kernelSize: number }),
        bias: 'bias' in param,
      }),
  }
  return { 'output.y': load(layers[name]!(), param).forward(input['x']!) }
}

const softmaxes: Runner = ({ config, input }) => {
  const axis = Number(config['dim'])
  const x = input['x']!
  return {
    'output.y': new Softmax({ axis }).forward(x),
    'output.log_softmax': new LogSoftmax({ axis }).forward(x),
  }
}

const positions: Runner = ({ config }) => {
  const { h, w, dim, temperature } = config as Record<string, number>
  const table = (options: object) => sinCosPositions2d({ grid: [h!, w!], dim: dim!, temperature, ...options })
  return {
    'output.simple_vit': table({ order: 'simple-vit' }),
    'output.timm': table({ order: 'timm' }),
    'output.timm_reverse_coord': table({ order: 'timm', reverseCoord: true }),
    'output.timm_interleave': table({ order: 'timm', interleaveSinCos: true }),
  }
}

const normalize: Runner = ({ config, input }) => {
  const statistics = config['mean_std'] as Record<string, [number[], number[]]>
  return Object.fromEntries(
    Object.entries(statistics).map(([name, [mean, std]]) => [
      `output.${name}`,
      standardized(
        mapped(input['u8']!, (value) => value / 255),
        mean,
        std,
      ),
    ]),
  )
}

/** torch's `interpolate` on [b, c, h, w]. */
function interpolate(
  x: FloatArray,
  height: number,
  width: number,
  mode: string,
  options: object,
): FloatArray {
  const [b] = x.shape as [number]
  const images = rearrange(x, 'b c h w -> h w (b c)') as FloatArray
  const resized = resize(images, { height, width, interpolation: mode as 'bicubic', ...options })
  return rearrange(resized, 'h w (b c) -> b c h w', { b }) as FloatArray
}

const interpolation: Runner = ({ config, input }) => {
  const [height, width] = config['out_size'] as [number, number]
  const x = input['x']!
  const results: Record<string, FloatArray> = {}
  for (const mode of ['nearest', 'bilinear', 'bicubic']) {
    results[`output.${mode}`] = interpolate(x, height, width, mode, { antialias: false })
    if (mode === 'nearest') continue
    results[`output.${mode}_aa`] = interpolate(x, height, width, mode, { antialias: true })
    results[`output.${mode}_ac`] = interpolate(x, height, width, mode, {
      antialias: false,
      alignCorners: true,
    })
  }
  return results
}

const preprocessing: Runner = ({ config, input }) => {
  const { resize: side, crop } = config as { resize: number; crop: number }
  const x = input['x']!
  const [b, c, h, w] = x.shape as [number, number, number, number]
  const long = (length: number) => Math.floor((side * length) / Math.min(h, w))
  const [height, width] = [h <= w ? side : long(h), w <= h ? side : long(w)]
  const resized = interpolate(x, height, width, 'bicubic', { antialias: true })
  const [top, left] = [halfToEven((height - crop) / 2), halfToEven((width - crop) / 2)]
  const cropped = resized.lo(0, 0, top, left).hi(b, c, crop, crop) as FloatArray
  return {
    'mid.resized': resized,
    'mid.cropped': cropped,
    'output.y': standardized(cropped, config['mean'] as number[], config['std'] as number[]),
  }
}

/** Python's `round`. */
function halfToEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)
}

export const runners: readonly (readonly [RegExp, Runner])[] = [
  [/^PatchEmbed \(seed 000\)|^PatchEmbed \(seed 004, Conv2d\)|\.PatchEmbed$/, patchEmbed],
  [/^PatchEmbed \(seed 004, Rearrange \+ Linear\)/, rearrangeLinear],
  [/^PatchEmbedding \(seed 004/, convRearrange],
  [/^PatchEmbedding \(seed 001\)/, patchEmbedding],
  [/^ViT \(seed 001\)/, documentOne],
  [/^nn\.TransformerEncoderLayer$/, encoderLayer],
  [/^nn\.TransformerEncoder$/, encoder],
  [/^Attention \(seed 004\)/, attentionRunner],
  [/\.Block$|^timm Block and nn\.TransformerEncoderLayer/, block],
  [/\.VisionTransformer$/, visionTransformer],
  [/resample_abs_pos_embed/, resample],
  [/^ViTForImageClassification|^vit_pytorch\./, foreign],
  [/^nn\.(GELU|ReLU|SiLU|LayerNorm|RMSNorm|Linear|Conv2d)$/, activations],
  [/^torch\.softmax/, softmaxes],
  [/^sin-cos/, positions],
  [/functional\.normalize$/, normalize],
  [/functional\.interpolate$/, interpolation],
  [/^torchvision resize/, preprocessing],
]

/** What each layer gives, one after another. */
function running(layers: readonly Module[], x: FloatArray): FloatArray[] {
  const results: FloatArray[] = []
  for (const layer of layers) results.push(layer.forward(results.at(-1) ?? x))
  return results
}

function named(prefix: string, arrays: readonly FloatArray[]): Record<string, FloatArray> {
  return Object.fromEntries(arrays.map((array, i) => [`${prefix}${i}`, array]))
}

function mapped(x: FloatArray, f: (value: number, i: number) => number): FloatArray {
  const copy = rearrange(x, '... -> ...', {}, { copy: 'always' }) as FloatArray
  return ndarray(copy.data.map(f), [...copy.shape])
}

function sum(a: FloatArray, b: FloatArray): FloatArray {
  const other = mapped(b, (value) => value).data
  return mapped(a, (value, i) => value + other[i]!)
}

/** (x − mean) / std of each channel: [b, c, h, w]. */
function standardized(x: FloatArray, mean: readonly number[], std: readonly number[]): FloatArray {
  const [, c, h, w] = x.shape as [number, number, number, number]
  return mapped(x, (value, i) => {
    const channel = Math.floor(i / (h * w)) % c
    return (value - mean[channel]!) / std[channel]!
  })
}
