/** The page's and the worker's other task: document 1's ViT on given weights and pixels, its logits as they are. */
import { init } from 'tesserae'
import { readSafetensors } from 'tesserae/checkpoint'
import { ViT } from 'tesserae/nn'
import ndarray from './ndarray.ts'

const pixels = Float32Array.from({ length: 3 * 784 }, (_, i) => ((i * 2_654_435_761) % 1_000) / 1_000)
const pictures = ndarray(pixels, [3, 1, 28, 28])

async function opened(weights: string | Uint8Array): Promise<ViT> {
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
  return model
}

/** Logits of three made pictures of 28 × 28, from the safetensors at a URL or in memory. */
export async function logitsOfDigits(weights: string | Uint8Array): Promise<number[]> {
  const logits = (await opened(weights)).forward(pictures)
  return Array.from({ length: 30 }, (_, i) => logits.get(Math.floor(i / 10), i % 10))
}

/** The same on the graphics card, or the code of the error that says that there is none. */
async function logitsOnCard(weights: string): Promise<number[] | string> {
  const { gpu } = await import('tesserae/webgpu')
  try {
    const run = await gpu(await opened(weights))
    return Array.from((await run.run(pictures)).data)
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
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

Object.assign(globalThis, { logitsOfDigits, logitsByThreads, logitsOnCard })
