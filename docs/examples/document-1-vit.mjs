// Document 1, "Vision Transformer(ViT)阅读笔记": PatchEmbedding and ViT, written out; tesserae has both ready-made.
import ndarray from 'ndarray'
import { pack, rearrange, repeat, unpack } from 'tesserae'
import {
  Conv2d,
  Dropout,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  ViT as ReadyMade,
  Rearrange,
  Sequential,
  TransformerEncoder,
  TransformerEncoderLayer,
} from 'tesserae/nn'

class PatchEmbedding extends Module {
  constructor({ imageSize, inChannels, embedDim, patchSize, dropout }) {
    super()
    const numPatches = Math.floor(imageSize / patchSize) ** 2
    this.patcher = new Sequential(
      new Conv2d(inChannels, embedDim, { kernelSize: patchSize, stride: patchSize }), // [b, d, h, w]
      new Rearrange('b d h w -> b d (h w)'),
    )
    this.clsToken = new Parameter([1, 1, embedDim], (size) => new Float32Array(size))
    this.positionEmbedding = new Parameter([1, numPatches + 1, embedDim], (size) => new Float32Array(size))
    this.dropout = new Dropout({ p: dropout })
  }

  forward(x) {
    const patches = rearrange(this.patcher.forward(x), 'b d n -> b n d')
    const classTokens = repeat(this.clsToken.array, '1 1 d -> b d', { b: x.shape[0] })
    const [tokens] = pack([classTokens, patches], 'b * d')
    const positions = repeat(this.positionEmbedding.array, '1 n d -> (b n d)', { b: x.shape[0] })
    const sum = ndarray(
      tokens.data.map((value, i) => value + positions.get(i)),
      tokens.shape,
    )
    return this.dropout.forward(sum)
  }
}

class ViT extends Module {
  constructor({ numHeads, numEncoders, numClasses, expansion, ...options }) {
    super()
    const { embedDim, dropout } = options
    this.embeddingBlock = new PatchEmbedding(options)
    const encoderLayer = new TransformerEncoderLayer({
      dModel: embedDim,
      nhead: numHeads,
      dropout,
      dimFeedforward: embedDim * expansion,
      activation: 'gelu',
      normFirst: true,
    })
    this.encoderBlocks = new TransformerEncoder(encoderLayer, numEncoders)
    this.mlpHead = new Sequential(new LayerNorm(embedDim), new Linear(embedDim, numClasses))
  }

  forward(x) {
    const encoded = this.encoderBlocks.forward(this.embeddingBlock.forward(x))
    const [classToken] = unpack(encoded, [[], [-1]], 'b * d')
    return this.mlpHead.forward(classToken)
  }
}

const options = {
  ...{ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 },
  ...{ numHeads: 1, numEncoders: 1, numClasses: 10, expansion: 4 },
}
const images = ndarray(
  Float32Array.from({ length: 4 * 28 * 28 }, (_, i) => Math.sin(i)),
  [4, 1, 28, 28],
)
const model = new ViT(options)
console.log('embedded', model.embeddingBlock.forward(images).shape)
console.log('logits', model.forward(images).shape)

const readyMade = new ReadyMade(options)
model.loadStateDict(readyMade.stateDict())
const [own, library] = [model.forward(images), readyMade.forward(images)]
const largest = Math.max(...own.data.map((value, i) => Math.abs(value - library.data[i])))
console.log(`the ready-made ViT has the same parameters and the same answers: ${largest < 1e-5}`)
