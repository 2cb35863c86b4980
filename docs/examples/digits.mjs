// What the other examples share: the ten drawn digits of `npm start` as [10, 1, 28, 28], and the ViT that reads them.
import { readFile } from 'node:fs/promises'
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { readSafetensors } from 'tesserae/checkpoint'
import { readImage } from 'tesserae/image'
import { ViT } from 'tesserae/nn'

const bytesOf = (name) => readFile(new URL(`../start/${name}`, import.meta.url))

export async function loadDigits() {
  const strip = await readImage(await bytesOf('digits.png')) // [28, 280, 1]
  const ink = ndarray(
    Float32Array.from(strip.data, (byte) => byte / 255),
    strip.shape,
  )
  return rearrange(ink, 'h (b w) 1 -> b 1 h w', { w: 28 })
}

export async function loadModel() {
  const model = new ViT({
    ...{ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 },
    ...{ numHeads: 4, numEncoders: 4, numClasses: 10, expansion: 4 },
  })
  model.loadStateDict(readSafetensors(await bytesOf('vit-digits.safetensors')))
  return model
}
