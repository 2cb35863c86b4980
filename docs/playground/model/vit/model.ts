/** The small ViT that reads digits: document 1's, with the file's tensors. */
import type { NdArray } from 'ndarray'
import { ViT } from 'tesserae/nn'

export function digitModel(tensors: Readonly<Record<string, NdArray>>): ViT {
  const model = new ViT({
    imageSize: 28,
    inChannels: 1,
    embedDim: 100,
    patchSize: 7,
    numHeads: 4,
    numEncoders: 4,
    numClasses: 10,
    expansion: 4,
  })
  model.loadStateDict(tensors)
  return model.eval()
}
