// Document 0, "对ViT 中Patch Embedding理解": PatchEmbed by a strided convolution, with its size check.
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { Conv2d, Module } from 'tesserae/nn'

class PatchEmbed extends Module {
  constructor({ imgSize = 224, patchSize = 16, inChans = 3, embedDim = 768 } = {}) {
    super()
    this.imgSize = imgSize
    this.numPatches = (imgSize / patchSize) ** 2
    this.proj = new Conv2d(inChans, embedDim, { kernelSize: patchSize, stride: patchSize })
  }

  forward(x) {
    const [, , h, w] = x.shape
    if (h !== this.imgSize || w !== this.imgSize) {
      throw new Error(`Input image size (${h}*${w}) doesn't match model (${this.imgSize}*${this.imgSize}).`)
    }
    return rearrange(this.proj.forward(x), 'b d h w -> b (h w) d')
  }
}

const embed = new PatchEmbed()
const images = ndarray(new Float32Array(8 * 3 * 224 * 224).fill(0.5), [8, 3, 224, 224])
console.log(embed.numPatches, 'patches of an image')
console.log('tokens', embed.forward(images).shape)
console.log('parameters', Object.keys(embed.stateDict()).join(', '))
try {
  embed.forward(images.hi(8, 3, 112, 224))
} catch (error) {
  console.log(error.message)
}
