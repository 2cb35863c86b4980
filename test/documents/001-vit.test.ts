/** Document 1, "Vision Transformer(ViT)阅读笔记": class token, positions, and the whole model. */
import { rearrange } from 'tesserae'
import { Conv2d, Linear, PatchEmbedding, ViT } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, randn } from './arrays.ts'

const embedding = { imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 }
const options = { ...embedding, numLayers: 1, numHeads: 1, numEncoders: 1, numClasses: 10, expansion: 4 }

describe('document 1, PatchEmbedding', () => {
  const layer = new PatchEmbedding(embedding)
  const x = randn([4, 1, 28, 28])
  const tokens = layer.forward(x)

  test('four images of 28 × 28 become [4, 17, 100]: 16 patches and the class token', () => {
    expect(tokens.shape).toEqual([4, 17, 100])
  })

  test('token 0 is the class token with its position, the same in every image', () => {
    for (const image of [0, 3]) {
      const { clsToken, positionEmbedding } = layer
      expect(tokens.get(image, 0, 7)).toBeCloseTo(
        clsToken.array.get(0, 0, 7) + positionEmbedding.array.get(0, 0, 7),
        6,
      )
    }
  })

  test('the other tokens are the convolved patches with their positions', () => {
    const conv = new Conv2d(1, 100, { kernelSize: 7, stride: 7 })
    const dict = layer.stateDict()
    conv.loadStateDict({ weight: dict['patcher.0.weight']!, bias: dict['patcher.0.bias']! })
    const patches = rearrange(conv.forward(x), 'b d h w -> b (h w) d') as FloatArray
    const expected = patches.get(2, 5, 11) + layer.positionEmbedding.array.get(0, 6, 11)
    expect(tokens.get(2, 6, 11)).toBeCloseTo(expected, 5)
  })

  test('in training mode dropout sets a tenth of the values to 0, in evaluation mode none', () => {
    const dropped = new PatchEmbedding(embedding).train().forward(x)
    const share = dropped.data.filter((value) => value === 0).length / dropped.size
    expect(share).toBeGreaterThan(0.07)
    expect(share).toBeLessThan(0.13)
    expect(tokens.data.some((value) => value === 0)).toBe(false)
  })
})

describe('document 1, patches by a convolution', () => {
  test('are the patches flattened and sent through one fully connected layer', () => {
    const conv = new Conv2d(3, 10, { kernelSize: 16, stride: 16 })
    const linear = new Linear(16 * 16 * 3, 10)
    const weight = rearrange(conv.weight.array, 'd c s1 s2 -> d (s1 s2 c)') as FloatArray
    linear.loadStateDict({ weight, bias: conv.bias!.array })
    const x = randn([1, 3, 64, 48])
    const patches = rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 }) as FloatArray
    const convolved = rearrange(conv.forward(x), 'b d h w -> b (h w) d')
    expect(distance(linear.forward(patches), convolved)).toBeLessThan(1e-5)
  })
})

describe('document 1, ViT', () => {
  test('four images become [4, 10] logits', () => {
    expect(new ViT(options).forward(randn([4, 1, 28, 28])).shape).toEqual([4, 10])
  })

  test('parameters have the names of the PyTorch modules', () => {
    const names = Object.keys(new ViT(options).stateDict())
    expect(names).toEqual([
      'embedding_block.cls_token',
      'embedding_block.position_embedding',
      'embedding_block.patcher.0.weight',
      'embedding_block.patcher.0.bias',
      'encoder_blocks.layers.0.self_attn.in_proj_weight',
      'encoder_blocks.layers.0.self_attn.in_proj_bias',
      'encoder_blocks.layers.0.self_attn.out_proj.weight',
      'encoder_blocks.layers.0.self_attn.out_proj.bias',
      'encoder_blocks.layers.0.linear1.weight',
      'encoder_blocks.layers.0.linear1.bias',
      'encoder_blocks.layers.0.linear2.weight',
      'encoder_blocks.layers.0.linear2.bias',
      'encoder_blocks.layers.0.norm1.weight',
      'encoder_blocks.layers.0.norm1.bias',
      'encoder_blocks.layers.0.norm2.weight',
      'encoder_blocks.layers.0.norm2.bias',
      'mlp_head.0.weight',
      'mlp_head.0.bias',
      'mlp_head.1.weight',
      'mlp_head.1.bias',
    ])
  })

  test('numLayers is accepted and not used: numEncoders is the depth', () => {
    const model = new ViT({ ...options, numLayers: 7, numEncoders: 2 })
    expect(model.encoderBlocks.layers.length).toBe(2)
  })

  test('the layers of the encoder begin as copies of one layer', () => {
    const { layers } = new ViT({ ...options, numEncoders: 2 }).encoderBlocks
    const [a, b] = layers.map((layer) => layer.stateDict()['linear1.weight']!)
    expect(distance(a!, b!)).toBe(0)
    layers[0]!.mlp.fc1.weight.data[0]! += 1
    expect(layers[1]!.mlp.fc1.weight.data[0]).toBe(b!.data[0])
  })

  test('only the class token reaches the head', () => {
    const model = new ViT(options)
    const x = randn([2, 1, 28, 28])
    const tokens = model.encoderBlocks.forward(model.embeddingBlock.forward(x))
    const classTokens = tokens.pick(null, 0, null) as FloatArray
    expect(distance(model.mlpHead.forward(classTokens), model.forward(x))).toBeLessThan(1e-6)
  })
})
