/**
 * The models at work, away from the page: the ViT that reads digits, and, fetched when it is first wanted, what opens any
 * Vision Transformer from a file. Everything is the library's public interface.
 */
import type { NdArray } from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import type { ViT } from 'tesserae/nn'
import weightsUrl from '../../start/vit-digits.safetensors?url'
import { arrayOf } from '../model/library.ts'
import type { Levers } from '../model/vit/levers.ts'
import { digitModel } from '../model/vit/model.ts'
import { trace, type Weights, weightsOf } from '../model/vit/trace.ts'
import type { Reply, Request } from './protocol.ts'

type Floats = NdArray<Float32Array>

const digits = loadDigits()

export function receive({ data }: MessageEvent<Request>): void {
  answer(data).catch((error: unknown) => {
    reply({ kind: 'failure', of: data.kind, text: error instanceof Error ? error.message : String(error) })
  })
}
digits.catch((error: unknown) => reply({ kind: 'failure', of: 'start', text: String(error) }))

async function answer(request: Request): Promise<void> {
  switch (request.kind) {
    case 'trace':
      return follow(request.id, request.pixels, request.levers)
    case 'weights':
      return inTurn(async () =>
        (await import('./own.ts')).loadWeights(request.file, request.configurations, reply),
      )
    case 'photo':
      return inTurn(async () => (await import('./own.ts')).readPhoto(request.file, reply))
  }
}

let before: Promise<unknown> = Promise.resolve()

/** A picture waits for the model that was asked for before it, and a model for the pictures that the last one still looks at. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const turn = before.then(work)
  before = turn.catch(() => {})
  return turn
}

async function loadDigits(): Promise<{ model: ViT; weights: Weights }> {
  const started = performance.now()
  const response = await fetch(weightsUrl)
  if (!response.ok) throw new Error(`the weights did not arrive: ${response.status}`)
  const tensors = readSafetensors(new Uint8Array(await response.arrayBuffer())) as Record<string, Floats>
  const model = digitModel(tensors)
  model.forward(arrayOf(new Float32Array(28 * 28), [1, 1, 28, 28])) // compiles the kernels
  const weights = weightsOf(tensors, model)
  reply({ kind: 'ready', weights, milliseconds: performance.now() - started })
  return { model, weights }
}

async function follow(id: number, pixels: Float32Array, levers: Levers): Promise<void> {
  const { model, weights } = await digits
  const started = performance.now()
  model.forward(arrayOf(pixels, [1, 1, 28, 28]))
  const milliseconds = performance.now() - started
  reply({ kind: 'trace', id, trace: trace(model, weights, pixels, levers), milliseconds })
}

function reply(message: Reply): void {
  postMessage(message)
}
