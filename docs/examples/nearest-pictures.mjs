// Feature extraction: pictures as vectors, and to each picture the nearest of others by the angle between them.
import ndarray from 'ndarray'
import { einsum, pack, unpack } from 'tesserae'
import { loadDigits, loadModel } from './digits.mjs'

const model = await loadModel()
const digits = await loadDigits()

/** The class token of the last layer, of length 1: [b, 1, 28, 28] → [b, 100]. */
function featuresOf(images) {
  const tokens = model.encoderBlocks.forward(model.embeddingBlock.forward(images))
  const [features] = unpack(tokens, [[], [-1]], 'b * d')
  const squares = einsum([features, features], 'b d, b d -> b')
  const rows = [...squares.data.keys()].map((b) => {
    const row = features.pick(b, null)
    return ndarray(Float32Array.from({ length: row.size }, (_, i) => row.get(i) / Math.sqrt(squares.get(b))))
  })
  return pack(rows, '* d')[0]
}

// the same digits one pixel further to the right and one down
const moved = ndarray(new Float32Array(digits.size), digits.shape)
for (let b = 0; b < 10; b++)
  for (let y = 1; y < 28; y++)
    for (let x = 1; x < 28; x++) moved.set(b, 0, y, x, digits.get(b, 0, y - 1, x - 1))

const [gallery, queries] = [featuresOf(digits), featuresOf(moved)]
console.log('features', gallery.shape)
const likeness = einsum([queries, gallery], 'q d, g d -> q g')
const nearest = Array.from({ length: 10 }, (_, q) => {
  const row = Array.from({ length: 10 }, (_, g) => likeness.get(q, g))
  return row.indexOf(Math.max(...row))
})
console.log('nearest to each digit, moved by a pixel:', nearest.join(' '))
