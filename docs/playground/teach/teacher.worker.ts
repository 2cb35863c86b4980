/**
 * The teacher, away from the page: a model learns step by step, and between two steps it is asked about what one looks at. At
 * some moments its weights are kept, so that it can be asked later what it would have said then.
 */
import type { VisionTransformer } from 'tesserae/nn'
import { side } from '../model/teach/example.ts'
import { type Lesson, learn } from '../model/teach/lesson.ts'
import { moments as kept } from '../model/teach/lesson-plan.ts'
import { answerOf, newModel, savedModel } from '../model/teach/model.ts'
import type { Moment, Reply, Request } from './protocol.ts'

type Weights = ReturnType<VisionTransformer['stateDict']>

/** How often the page is told an answer while the model learns, in milliseconds. */
const often = 120

let model: VisionTransformer | null = null
/** The same model, with the weights of an earlier moment. */
let earlier: VisionTransformer | null = null
let moments: { readonly step: number; readonly weights: Weights }[] = []
let step = 0
let pixels = new Float32Array(3 * side * side).fill(1)
let learning: AbortController | null = null
let resting: Promise<void> | null = null
let wake = () => {}

// compiles the kernels before they are wanted
answerOf(newModel(2, 0), pixels)
reply({ kind: 'ready' })

export function receive({ data }: MessageEvent<Request>): void {
  answer(data).catch((error: unknown) => {
    learning = null
    reply({ kind: 'failure', text: error instanceof Error ? error.message : String(error) })
  })
}

async function answer(request: Request): Promise<void> {
  switch (request.kind) {
    case 'learn':
      return teach(request.lesson)
    case 'stop':
      learning?.abort()
      wake()
      return
    case 'rest':
      wake()
      resting = request.resting ? new Promise((done) => (wake = done)) : null
      return
    case 'look':
      pixels = new Float32Array(request.pixels)
      tell()
      film()
      return reply({ kind: 'looked' })
    case 'save':
      if (model !== null) reply({ kind: 'saved', bytes: savedModel(model, request.names) })
  }
}

async function teach(lesson: Lesson): Promise<void> {
  learning?.abort()
  const mine = new AbortController()
  learning = mine
  for (const old of [model, earlier]) old?.dispose()
  const pupil = newModel(lesson.classes, lesson.seed)
  model = pupil
  earlier = newModel(lesson.classes, lesson.seed)
  moments = []
  step = 0
  remember()
  tell()
  film()
  let told = performance.now()
  for await (const { loss } of learn(pupil, lesson, mine.signal)) {
    step++
    reply({ kind: 'step', step, loss })
    if (kept.includes(step)) {
      remember()
      film()
    }
    if (performance.now() - told > often) {
      told = performance.now()
      tell()
    }
    await breath()
    await resting
    // another lesson may have begun meanwhile
    if (mine.signal.aborted) break
  }
  if (learning !== mine) return
  learning = null
  if (moments.at(-1)!.step !== step) remember()
  tell()
  film()
  reply({ kind: 'ended', step })
}

/** Lets messages in. */
function breath(): Promise<void> {
  return new Promise((done) => void setTimeout(done))
}

function remember(): void {
  const weights = Object.entries(model!.stateDict()).map(([name, array]) => {
    const { data, shape, stride, offset } = array
    return [name, { data: data.slice(), shape, stride, offset } as unknown as typeof array] as const
  })
  moments.push({ step, weights: Object.fromEntries(weights) })
}

function tell(): void {
  if (model !== null) reply({ kind: 'answer', moment: { step, ...answerOf(model, pixels) } })
}

function film(): void {
  const seen = moments.map(({ step: then, weights }): Moment => {
    earlier!.loadStateDict(weights)
    return { step: then, ...answerOf(earlier!, pixels) }
  })
  if (seen.length > 0) reply({ kind: 'film', moments: seen })
}

function reply(message: Reply): void {
  postMessage(message)
}
