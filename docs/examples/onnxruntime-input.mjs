// Preprocessing for onnxruntime by `rearrange`: a batch of photographs, bytes [h, w, c], as float32 [b, c, h, w].
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { IMAGENET_MEAN, IMAGENET_STD } from 'tesserae/image'

const photo = (seed) =>
  ndarray(
    Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (seed * 31 + i) % 256),
    [224, 224, 3],
  )

const bytes = rearrange([photo(1), photo(2)], 'b h w c -> b c h w') // a view: nothing has moved yet
const normalised = ndarray(new Float32Array(bytes.size), bytes.shape)
for (let b = 0; b < 2; b++)
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < 224; y++)
      for (let x = 0; x < 224; x++)
        normalised.set(b, c, y, x, (bytes.get(b, c, y, x) / 255 - IMAGENET_MEAN[c]) / IMAGENET_STD[c])

// new ort.Tensor('float32', feed.data, feed.shape) takes exactly this: contiguous data and dims
const feed = rearrange(normalised, 'b c h w -> b c h w', {}, { copy: 'always' })
console.log('float32', feed.data.length, feed.shape)
console.log('first red pixel', feed.data[0].toFixed(4))
