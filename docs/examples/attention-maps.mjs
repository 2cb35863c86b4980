// Where a model looks: attention of the class token to the patches, by layer and through all layers (rollout).
import { rearrange, reduce } from 'tesserae'
import { attentionRollout } from 'tesserae/nn'
import { loadDigits, loadModel } from './digits.mjs'

const model = await loadModel()
const maps = model.attentionMaps(await loadDigits())
console.log(`${maps.length} layers, each [digit, head, from, to] = [${maps[0].shape}]`)

const shades = ' .:-=+*#%@'
function draw(weights) {
  const most = reduce(weights, 'h w -> ', 'max').get()
  return Array.from({ length: weights.shape[0] }, (_, y) =>
    Array.from(
      { length: weights.shape[1] },
      (_, x) => shades[Math.round((9 * weights.get(y, x)) / most)],
    ).join(''),
  )
}

// row 0 of the rollout is the class token, column 0 its look at itself
const flow = attentionRollout(maps) // [digit, 17, 17]
const looks = rearrange(flow.pick(null, 0, null).lo(0, 1), 'b (h w) -> b h w', { h: 4 })
const pictures = Array.from({ length: 10 }, (_, digit) => draw(looks.pick(digit, null, null)))
for (let row = 0; row < 4; row++) console.log(pictures.map((picture) => picture[row]).join('  '))
