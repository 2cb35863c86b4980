// Document 2, "PatchEmbed": timm's PatchEmbed by its options, also for images that are no squares.
import ndarray from 'ndarray'
import { PatchEmbed } from 'tesserae/nn'

const patchEmbed = new PatchEmbed({
  imgSize: [224, 224],
  patchSize: 16,
  inChans: 3,
  embedDim: 768,
  projection: 'conv',
})
const images = ndarray(new Float32Array(4 * 3 * 224 * 224).fill(0.5), [4, 3, 224, 224])
console.log('(H / P) · (W / Q) =', patchEmbed.numPatches)
console.log('embedded', patchEmbed.forward(images).shape)

const wide = new PatchEmbed({
  imgSize: [32, 48],
  patchSize: [8, 4],
  inChans: 3,
  embedDim: 40,
  outputFmt: 'NHWC',
})
console.log('as a grid', wide.forward(ndarray(new Float32Array(3 * 32 * 48), [1, 3, 32, 48])).shape)
