// Document 3, "VIT里面的patch是怎么生成的": from pixels to patches, to embeddings X·W + b, and back to pixels.
import ndarray from 'ndarray'
import { einsum, invert, rearrange } from 'tesserae'

const [h, w, c, p, d] = [224, 224, 3, 16, 768]
const image = ndarray(
  Float32Array.from({ length: h * w * c }, (_, i) => Math.sin(i)),
  [h, w, c],
)
const pattern = '(h p1) (w p2) c -> (h w) (p1 p2 c)'
const patches = rearrange(image, pattern, { p1: p, p2: p })
console.log('N = H/P · W/P patches of P²·C values:', patches.shape)

const weight = ndarray(new Float32Array(p * p * c * d).fill(0.001), [p * p * c, d])
console.log('X·W', einsum([patches, weight], 'n k, k d -> n d').shape)

const pixels = rearrange(patches, invert(pattern), { h: h / p, p1: p, p2: p })
let same = true
for (let y = 0; y < h; y++)
  for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) same &&= pixels.get(y, x, k) === image.get(y, x, k)
console.log(`'${invert(pattern)}' gives back ${same ? 'exactly the pixels' : 'other pixels'}`)
