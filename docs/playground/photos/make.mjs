/**
 * Makes what the story shows of the two photographs: a real ViT-Tiny's answer, and in every layer and head where its class
 * token looks. Needs `npm run build`, the weights and the names of the classes:
 *
 *     node docs/playground/photos/make.mjs vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors imagenet-simple-labels.json
 */
import { readFile, writeFile } from 'node:fs/promises'
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { preprocess, readImage } from 'tesserae/image'
import { Softmax, VisionTransformer } from 'tesserae/nn'

const [weights, labels] = process.argv.slice(2)
const names = JSON.parse(await readFile(labels, 'utf8'))
const model = await VisionTransformer.fromCheckpoint(weights)

for (const photo of ['chelsea', 'coffee']) {
  const jpeg = await readFile(new URL(`./${photo}.jpg`, import.meta.url))
  const picture = await readImage(jpeg, { decoder: 'own' })
  const half = [0.5, 0.5, 0.5]
  const x = preprocess(picture, { size: 224, cropPct: 0.9, interpolation: 'bicubic', mean: half, std: half })
  const chances = new Softmax().forward(model.forward(x))
  const answer = [...rearrange(chances, '1 c -> c', {}, { copy: 'always' }).data]
    .map((chance, i) => ({ name: names[i], chance: Number(chance.toFixed(4)) }))
    .sort((a, b) => b.chance - a.chance)
    .slice(0, 5)
  const maps = model.attentionMaps(x) // each [1, head, n, n]
  const rows = maps.flatMap((map) => {
    const [, heads, , tokens] = map.shape
    return Array.from({ length: heads * tokens }, (_, i) => map.get(0, Math.floor(i / tokens), 0, i % tokens))
  })
  // a weight in 65535ths: less than a hundredth of a percent is lost
  const codes = ndarray(
    Uint16Array.from(rows, (weight) => Math.round(weight * 65535)),
    [rows.length],
  )
  const looks = Buffer.from(codes.data.buffer).toString('base64')
  const [, heads, , tokens] = maps[0].shape
  const kept = { answer, layers: maps.length, heads, tokens, looks }
  await writeFile(new URL(`./${photo}.json`, import.meta.url), `${JSON.stringify(kept)}\n`)
  console.log(photo, answer.map(({ name, chance }) => `${name} ${chance}`).join(', '))
}
