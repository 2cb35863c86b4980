/** The page's and the worker's other task: document 1's ViT on given weights and pixels, its logits as they are. */
import { init } from 'tesserae'
import { readSafetensors } from 'tesserae/checkpoint'
import { ViT } from 'tesserae/nn'
import ndarray from './ndarray.ts'

/** Logits of three made pictures of 28 × 28, from the safetensors at a URL or in memory. */
export async function logitsOfDigits(weights: string | Uint8Array): Promise<number[]> {
  const bytes =
    typeof weights === 'string' ? new Uint8Array(await (await fetch(weights)).arrayBuffer()) : weights
  const model = new ViT({
    imageSize: 28,
    inChannels: 1,
    embedDim: 100,
    patchSize: 7,
    numHeads: 4,
    numEncoders: 4,
    numClasses: 10,
    expansion: 4,
    dropout: 0,
  })
  model.loadStateDict(readSafetensors(bytes))
  const pixels = Float32Array.from({ length: 3 * 784 }, (_, i) => ((i * 2_654_435_761) % 1_000) / 1_000)
  const logits = model.forward(ndarray(pixels, [3, 1, 28, 28]))
  return Array.from({ length: 30 }, (_, i) => logits.get(Math.floor(i / 10), i % 10))
}

/** The same with as many threads as are asked for, and how many there were. */
async function logitsByThreads(
  weights: string,
  threads: number,
): Promise<{ threads: number; reasons: readonly string[]; logits: number[] }> {
  const got = await init({ threads, worker: new URL('./thread.js', document.baseURI) })
  const logits = await logitsOfDigits(weights)
  await init({ threads: 1 })
  return { threads: got.threads, reasons: got.reasons, logits }
}

Object.assign(globalThis, { logitsOfDigits, logitsByThreads })
