/** How each class of group g is built with this package: gradients of layers, models and losses, and steps of optimisers. */
import ndarray, { type NdArray } from 'ndarray'
import { einsum } from 'tesserae'
import {
  Attention,
  Conv2d,
  EncoderBlock,
  GELU,
  LayerNorm,
  Linear,
  type Module,
  PatchEmbed,
  Rearrange,
  ReLU,
  RMSNorm,
  Sequential,
  SiLU,
  Softmax,
  TransformerEncoderLayer,
  VisionTransformer,
  ViT,
} from 'tesserae/nn'
import { adamw, crossEntropy, gradients, type Optimizer, sgd, valueAndGradients } from 'tesserae/train'
import type { FloatArray, Results, VitCase } from './vit.ts'
import { optionsOf } from './vit-classes.ts'

export interface LearningCase extends VitCase {
  readonly labels: readonly number[]
}

type Builder = (vector: LearningCase) => Module

const numberOf = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)

const builders: readonly (readonly [RegExp, Builder])[] = [
  [
    /^nn\.Linear/,
    ({ config, param }) =>
      new Linear(Number(config['in_features']), Number(config['out_features']), { bias: 'bias' in param }),
  ],
  [
    /^nn\.Conv2d/,
    ({ config, param }) => {
      const { inChannels, outChannels, ...options } = optionsOf(config) as Record<string, number>
      return new Conv2d(inChannels!, outChannels!, {
        ...options,
        kernelSize: options['kernelSize']!,
        bias: 'bias' in param,
      })
    },
  ],
  [
    /^nn\.LayerNorm/,
    ({ config }) =>
      new LayerNorm(config['normalized_shape'] as number[], { eps: numberOf(config['eps'], 1e-5) }),
  ],
  [
    /RMSNorm/,
    ({ config, param }) => new RMSNorm(param['weight']!.shape, { eps: numberOf(config['eps'], 1e-6) }),
  ],
  [
    /^nn\.GELU/,
    ({ config }) => new GELU({ approximate: config['approximate'] === 'tanh' ? 'tanh' : 'none' }),
  ],
  [/^nn\.ReLU/, () => new ReLU()],
  [/^nn\.SiLU/, () => new SiLU()],
  [/^nn\.Softmax/, ({ config }) => new Softmax({ axis: numberOf(config['dim'], -1) })],
  [
    /^Attention/,
    ({ config }) => {
      const { dim, qkScale, attnDropRatio, projDropRatio, ...options } = optionsOf(config) as Record<
        string,
        number
      >
      return new Attention(dim!, { ...options, ...(qkScale ? { qkScale } : {}) })
    },
  ],
  [
    /Rearrange \+ Linear/,
    ({ config }) => {
      const { patch_size: s, in_channel: c, emb_size: d } = config as Record<string, number>
      const patches = new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: s!, s2: s! })
      return new Sequential({ patch_embed_linear: new Sequential(patches, new Linear(s! * s! * c!, d!)) })
    },
  ],
  [
    /PatchEmbed/,
    ({ config, param }) => {
      const { inC, norm, normLayer, ...options } = optionsOf(config) as Record<string, unknown> & {
        inC?: number
      }
      return new PatchEmbed({
        ...options,
        ...(inC === undefined ? {} : { inChans: inC }),
        ...{ normEps: numberOf(config['norm_eps'], 1e-5), norm: 'norm.weight' in param },
        ...{ bias: 'proj.bias' in param, projection: 'conv' },
      })
    },
  ],
  [
    /vision_transformer\.Block/,
    ({ config, param }) => {
      const { dim, ...options } = optionsOf(config) as Record<string, number>
      return new EncoderBlock(dim!, {
        ...options,
        ...{
          numHeads: options['numHeads']!,
          qkvBias: 'attn.qkv.bias' in param,
          eps: numberOf(config['norm_eps'], 1e-6),
        },
      })
    },
  ],
  [
    /VisionTransformer/,
    ({ config }) =>
      new VisionTransformer({ ...optionsOf(config, 'loss'), eps: numberOf(config['norm_eps'], 1e-6) }),
  ],
  [
    /TransformerEncoderLayer/,
    ({ config }) => {
      const { dModel, nhead, dimFeedforward, activation, normFirst, dropout } = optionsOf(
        config,
      ) as never as ConstructorParameters<typeof TransformerEncoderLayer>[0]
      const layerNormEps = numberOf(config['norm_eps'], 1e-5)
      return new TransformerEncoderLayer({
        dModel,
        nhead,
        dimFeedforward,
        activation,
        normFirst,
        dropout,
        layerNormEps,
      })
    },
  ],
  [
    /^ViT/,
    ({ config }) =>
      new ViT(
        optionsOf(
          config,
          'dim_feedforward',
          'loss',
          'steps',
          'optimizer',
          'lr',
          'betas',
          'eps',
          'weight_decay',
          'momentum',
          'nesterov',
        ) as never,
      ),
  ],
]

/** What a case of group g gives. */
export function learn(vector: LearningCase): Results {
  if (/cross_entropy/.test(vector.class)) return ofCrossEntropy(vector)
  const builder = builders.find(([classes]) => classes.test(vector.class))
  if (builder === undefined) throw new Error(`class ${vector.class} is not known`)
  const model = builder[1](vector)
  model.loadStateDict(vector.param)
  return 'steps' in vector.config ? ofSteps(model, vector) : ofLoss(model, vector)
}

const single = (value: number): NdArray => ndarray(new Float32Array([value]), [1])

function ofCrossEntropy({ config, input, labels }: LearningCase): Results {
  const options = {
    smoothing: numberOf(config['label_smoothing'], 0),
    reduction: (config['reduction'] ?? 'mean') as 'mean',
  }
  const logits = input['logits']!
  const loss = crossEntropy(logits, labels, options)
  const [change] = gradients((x) => crossEntropy(x, labels, options), [logits])
  return { 'output.y': logits, 'output.loss': single(loss.get()), 'grad.input.logits': change }
}

function ofLoss(model: Module, { input, labels }: LearningCase): Results {
  const x = input['x']!
  const cotangent = input['cotangent']
  const y = model.forward(x)
  const loss = (x: FloatArray): NdArray => {
    const y = model.forward(x)
    if (cotangent === undefined) return crossEntropy(y, labels)
    const axes = y.shape.map((_, axis) => `a${axis}`).join(' ')
    return einsum([y, cotangent], `${axes}, ${axes} -> ` as string)
  }
  const { value, gradients: found } = valueAndGradients(model, () => loss(x))
  const results: Record<string, NdArray> = { 'output.y': y, 'output.loss': single(value) }
  for (const [name, parameter] of model.namedParameters())
    results[`grad.param.${name}`] = found.get(parameter)!
  const [change] = cotangent ? gradients((x) => model.forward(x), [x], cotangent) : gradients(loss, [x])
  return { ...results, 'grad.input.x': change }
}

function ofSteps(model: Module, { config, input, labels }: LearningCase): Results {
  const x = input['x']!
  const optimizer = optimizerOf(config['optimizer'], model, config)
  const results: Record<string, NdArray> = {}
  const losses: number[] = []
  for (let step = 1; step <= Number(config['steps']); step++) {
    const { value, gradients } = valueAndGradients(model, () => crossEntropy(model.forward(x), labels))
    losses.push(value)
    optimizer.step(gradients)
    for (const [name, parameter] of Object.entries(model.stateDict())) {
      results[`after.step${step}.param.${name}`] = parameter
    }
    for (const [name, tensor] of Object.entries(optimizer.state.tensors)) {
      const [what] = name.split('.', 1) as [string]
      results[`after.step${step}.${what}.${name.slice(what.length + 1)}`] = ndarray(
        tensor.data.slice(),
        tensor.shape,
      )
    }
  }
  return {
    ...results,
    'output.losses': ndarray(Float32Array.from(losses), [losses.length]),
    'output.logits_after': model.forward(x),
  }
}

/** torch's optimiser of a name and its options in snake case. */
export function optimizerOf(
  name: unknown,
  model: Module,
  config: Readonly<Record<string, unknown>>,
): Optimizer {
  const options = {
    lr: Number(config['lr']),
    weightDecay: numberOf(config['weight_decay'], /adamw/i.test(String(name)) ? 0.01 : 0),
  }
  if (/adamw/i.test(String(name))) {
    return adamw(model, {
      ...options,
      betas: (config['betas'] ?? [0.9, 0.999]) as [number, number],
      eps: numberOf(config['eps'], 1e-8),
    })
  }
  if (!/sgd/i.test(String(name))) throw new Error(`optimizer ${name} is not known`)
  return sgd(model, {
    ...options,
    momentum: numberOf(config['momentum'], 0),
    nesterov: Boolean(config['nesterov'] ?? false),
  })
}
