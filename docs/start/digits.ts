/** Document 1's Vision Transformer reads ten handwritten digits, step by step. */
import { writeFile } from 'node:fs/promises'
import ndarray, { type NdArray } from 'ndarray'
import { explain, rearrange } from 'tesserae'
import { openSafetensors } from 'tesserae/checkpoint'
import { writePng } from 'tesserae/image'
import { attentionRollout, Softmax, ViT } from 'tesserae/nn'
import { bundled, readPicture } from './assets.ts'
import { bar, headline, indented, step } from './report.ts'
import { drawSheet, type Reading } from './sheet.ts'

const PATTERN = 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)'
const patch = { s1: 7, s2: 7 }

export interface DigitsOptions {
  readonly weights?: string | undefined
  readonly out?: string | undefined
}

export async function readDigits({ weights, out = 'digits.mosaic.png' }: DigitsOptions): Promise<void> {
  headline('ten digits in one picture')
  const strip = await step('docs/start/digits.png', () => readPicture(bundled('digits.png')))
  const ink = await step('bytes to ink 0…1', () => inFloats(strip))
  const digits = await step("cut apart  'h (b w) 1 -> b 1 h w'", () =>
    rearrange(ink, 'h (b w) 1 -> b 1 h w', { w: 28 }),
  )
  console.log(`\n${indented(String(explain(ink, 'h (b w) 1 -> b 1 h w', { w: 28 })))}`)

  headline('one pattern cuts each digit into patches')
  await step(`'${PATTERN}'`, () => rearrange(digits, PATTERN, patch))
  console.log(`\n${indented(String(explain(digits, PATTERN, patch)))}`)

  headline('a small Vision Transformer, trained on handwritten digits')
  const model = await loadModel(weights ?? bundled('vit-digits.safetensors'))
  const tokens = await step('PatchEmbedding: class token, patches, positions', () =>
    model.embeddingBlock.forward(digits),
  )
  const encoded = await step('TransformerEncoder: 4 layers of 4 heads', () =>
    model.encoderBlocks.forward(tokens),
  )
  const classTokens = await step("the class tokens  'b 1 d -> b d'", () => {
    return rearrange(encoded.hi(encoded.shape[0]!, 1, encoded.shape[2]!), 'b 1 d -> b d')
  })
  const logits = await step('mlp_head: LayerNorm and Linear', () => model.mlpHead.forward(classTokens))
  const probabilities = await step('softmax', () => new Softmax().forward(logits))
  await step('all at once: model.forward(digits)', () => model.forward(digits))

  headline('what it read')
  const readings = readingsOf(probabilities)
  for (const [i, { digit, probability }] of readings.entries()) {
    const place = `digit ${i + 1}`.padEnd(8)
    console.log(`${place}  ${digit}  ${bar(probability)} ${(100 * probability).toFixed(2).padStart(6)} %`)
  }
  await writeFile(out, writePng(await drawSheet(digits, attentionOf(model, digits), readings)))
  console.log(`\nThe digits in their patches, and where the class token looked: ${out}`)
}

const inFloats = (picture: NdArray<Uint8Array>): NdArray<Float32Array> =>
  ndarray(
    Float32Array.from(picture.data, (byte) => byte / 255),
    picture.shape,
  )

async function loadModel(path: string): Promise<ViT> {
  const started = performance.now()
  const file = await openSafetensors(path)
  const model = new ViT({
    imageSize: 28,
    inChannels: 1,
    embedDim: 100,
    patchSize: 7,
    numHeads: 4,
    numEncoders: 4,
    numClasses: 10,
    expansion: 4,
    dropout: 0.1,
  })
  model.loadStateDict(await file.tensors())
  await file.close()
  const count = [...model.parameters()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  console.log(
    `${count.toLocaleString('en')} parameters from ${file.names.length} tensors, ${(performance.now() - started).toFixed(1)} ms\n`,
  )
  return model.eval()
}

/** The likeliest digit of each row of `[b, 10]`. */
function readingsOf(probabilities: NdArray<Float32Array>): Reading[] {
  return Array.from({ length: probabilities.shape[0]! }, (_, b) => {
    const row = Array.from({ length: 10 }, (_, digit) => probabilities.get(b, digit))
    const probability = Math.max(...row)
    return { digit: row.indexOf(probability), probability }
  })
}

/** How much of each patch reached the class token through all layers: `[b, 4, 4]`. */
function attentionOf(model: ViT, digits: NdArray<Float32Array>): NdArray<Float32Array> {
  const flow = attentionRollout(model.attentionMaps(digits)) // [b, 17, 17]
  const classRow = flow.pick(null, 0, null).lo(0, 1)
  return rearrange(classRow, 'b (h w) -> b h w', { h: 4 })
}
