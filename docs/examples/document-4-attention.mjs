// Document 4, "VIT中PatchEmbed、MultiHeadAttention代码详解": two short PatchEmbeds, and attention written in patterns.
import ndarray from 'ndarray'
import { einsum, rearrange } from 'tesserae'
import { Conv2d, Linear, Module, Attention as ReadyMade, Rearrange, Sequential, Softmax } from 'tesserae/nn'

class PatchEmbed extends Module {
  constructor({ patchSize = 16, inChannel = 3, embSize = 768 } = {}) {
    super()
    this.patchEmbedLinear = new Sequential(
      new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: patchSize, s2: patchSize }),
      new Linear(patchSize * patchSize * inChannel, embSize),
    )
  }

  forward(x) {
    return this.patchEmbedLinear.forward(x)
  }
}

class PatchEmbedding extends Module {
  constructor({ inChannel = 3, embedDim = 768, patchSize = 16 } = {}) {
    super()
    this.patchEmbedConv = new Sequential(
      new Conv2d(inChannel, embedDim, { kernelSize: patchSize, stride: patchSize }),
      new Rearrange('b c h w -> b (h w) c'),
    )
  }

  forward(x) {
    return this.patchEmbedConv.forward(x)
  }
}

class Attention extends Module {
  constructor(dim, { numHeads = 8, qkvBias = false } = {}) {
    super()
    this.numHeads = numHeads
    this.scale = (dim / numHeads) ** -0.5
    this.qkv = new Linear(dim, dim * 3, { bias: qkvBias })
    this.proj = new Linear(dim, dim)
  }

  forward(x) {
    const heads = { three: 3, h: this.numHeads }
    const qkv = rearrange(this.qkv.forward(x), 'b n (three h d) -> three b h n d', heads)
    const [q, k, v] = [0, 1, 2].map((part) => qkv.pick(part, null, null, null, null))
    const logits = einsum([q, k], 'b h n d, b h m d -> b h n m')
    for (let i = 0; i < logits.data.length; i++) logits.data[i] *= this.scale
    const weights = new Softmax().forward(logits)
    return this.proj.forward(einsum([weights, v], 'b h n m, b h m d -> b n (h d)'))
  }
}

const image = ndarray(
  Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i)),
  [1, 3, 224, 224],
)
const [linear, conv] = [new PatchEmbed(), new PatchEmbedding()]
console.log(Object.keys(linear.stateDict())[0], linear.forward(image).shape)
console.log(Object.keys(conv.stateDict())[0], conv.forward(image).shape)

const weight = rearrange(conv.stateDict()['patch_embed_conv.0.weight'], 'd c s1 s2 -> d (s1 s2 c)')
linear.loadStateDict({
  'patch_embed_linear.1.weight': weight,
  'patch_embed_linear.1.bias': conv.stateDict()['patch_embed_conv.0.bias'],
})
function largestDifference(a, b) {
  const [p, q] = [a, b].map((x) => rearrange(x, 'b n d -> (b n d)'))
  let largest = 0
  for (let i = 0; i < p.size; i++) largest = Math.max(largest, Math.abs(p.get(i) - q.get(i)))
  return largest
}

const tokens = conv.forward(image)
console.log(`with the same weights they agree: ${largestDifference(linear.forward(image), tokens) < 1e-4}`)

const [attention, readyMade] = [new Attention(768), new ReadyMade(768)]
attention.loadStateDict(readyMade.stateDict())
console.log('attention', attention.forward(tokens).shape)
console.log(
  `the ready-made Attention agrees: ${largestDifference(attention.forward(tokens), readyMade.forward(tokens)) < 1e-5}`,
)
