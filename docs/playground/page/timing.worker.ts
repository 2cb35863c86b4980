/** Takes the time of real calls away from the page, which stays quick to type in. */
import { arrayOf, type Call, call } from '../model/library.ts'

export interface TimingRequest {
  readonly id: number
  readonly call: Call
  readonly shapes: readonly (readonly number[])[]
}

export interface TimingReply {
  readonly id: number
  /** Median seconds of a call as it is, and of one that always writes its result. */
  readonly auto: number
  readonly copy: number
  readonly error?: string
}

/** How long one measurement goes on, in milliseconds. */
const budget = 250

export function receive({ data }: MessageEvent<TimingRequest>): void {
  const { id, call: what, shapes } = data
  try {
    const operands = shapes.map((shape) => {
      const size = shape.reduce((product, length) => product * length, 1)
      return arrayOf(
        Float32Array.from({ length: size }, (_, i) => (i % 251) / 251),
        shape,
      )
    })
    const auto = median(() => call(what, operands, 'auto'))
    const copy = median(() => call(what, operands, 'always'))
    reply({ id, auto, copy })
  } catch (error) {
    reply({ id, auto: 0, copy: 0, error: error instanceof Error ? error.message : String(error) })
  }
}

/** The median time of one run in seconds, after a warm-up; short runs are timed together. */
function median(run: () => unknown): number {
  run()
  const single = time(run, 1)
  const together = Math.max(1, Math.min(20_000, Math.floor(0.005 / Math.max(single, 1e-7))))
  const times: number[] = []
  const until = performance.now() + budget
  do times.push(time(run, together))
  while (performance.now() < until && times.length < 200)
  return times.sort((a, b) => a - b)[times.length >> 1]!
}

function time(run: () => unknown, count: number): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) run()
  return (performance.now() - start) / count / 1000
}

function reply(message: TimingReply): void {
  postMessage(message)
}
