/** Document 4 on a picture of the user's: [1, 3, 224, 224] → [1, 196, 768] → tokens. */
import { writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import ndarray, { type NdArray } from 'ndarray'
import { explain, rearrange } from 'tesserae'
import { drawMosaic, preprocess, writePng } from 'tesserae/image'
import { manualSeed, PatchEmbed, PatchEmbedding } from 'tesserae/nn'
import { fill, letter } from '../../src/cli/lettering.ts'
import { readPicture } from './assets.ts'
import { headline, indented, step } from './report.ts'

const PATTERN = 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)'
const patch = { s1: 16, s2: 16 }

export async function embedPhoto(path: string, { out }: { out?: string | undefined }): Promise<void> {
  headline(`${path}, cut into patches and embedded`)
  const picture = await step('the picture', () => readPicture(path))
  const x = await step('resized, cut to a square, values 0…1', () =>
    preprocess(picture, { size: 224, cropPct: 1, mean: [0, 0, 0], std: [1, 1, 1] }),
  )
  headline('the plan of the pattern')
  console.log(indented(String(explain(x, PATTERN, patch))))

  headline('patches and tokens')
  manualSeed(0)
  const embed = new PatchEmbed({ imgSize: 224, patchSize: 16, inChans: 3, embedDim: 768 })
  const embedding = new PatchEmbedding({
    imageSize: 224,
    inChannels: 3,
    embedDim: 768,
    patchSize: 16,
    dropout: 0,
  })
  await step(`patches '${PATTERN}'`, () => rearrange(x, PATTERN, patch))
  await step('PatchEmbed (Rearrange and Linear in one einsum)', () => embed.forward(x))
  await step('tokens: class token first, positions added', () => embedding.forward(x))
  console.log('\nThis embedding is untrained: its numbers are random and say nothing about the picture yet.')

  const target = out ?? `${basename(path, extname(path))}.mosaic.png`
  await writeFile(target, writePng(captioned(await drawMosaic(inBytes(x), { patch: 16, gap: 6, scale: 2 }))))
  console.log(`\nThe picture in its 14 × 14 patches: ${target}`)
  console.log(
    'Notice how little one of them says by itself: each is one token, and attention has to bring them together.',
  )
}

/** What to notice. */
const CAPTION = [
  '196 patches of 16 × 16 pixels: 196 tokens',
  'Cover all but one: what is it a piece of?',
  'Attention has to bring them together.',
]
const STRIP = { margin: 10, line: 24, scale: 2, height: 92 }

/** The mosaic with its caption below. */
function captioned(mosaic: NdArray<Uint8Array>): NdArray<Uint8Array> {
  const [height, width] = mosaic.shape as [number, number]
  const data = new Uint8Array((height + STRIP.height) * width * 3)
  data.set(mosaic.data)
  const canvas = ndarray(data, [height + STRIP.height, width, 3])
  fill(canvas, { x: 0, y: height, width, height: STRIP.height }, [20, 19, 26])
  for (const [i, text] of CAPTION.entries()) {
    const y = height + STRIP.margin + i * STRIP.line
    const color = i === 0 ? ([245, 243, 250] as const) : ([139, 135, 156] as const)
    letter(canvas, text, { x: STRIP.margin, y, scale: STRIP.scale, color })
  }
  return canvas
}

/** `[1, c, h, w]` of 0…1 as a picture `[h, w, c]`. */
function inBytes(x: NdArray<Float32Array>): NdArray<Uint8Array> {
  const pixels = rearrange(x, '1 c h w -> h w c', {}, { copy: 'always' })
  return ndarray(
    Uint8Array.from(pixels.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))),
    pixels.shape,
  )
}
