/** The page's side of the reader: one digit at a time, always the newest. */
import { startWorker } from '../worker.ts'
import type { DigitReply, PhotoReply, Reply, Request } from './protocol.ts'

type Listener<Kind extends Reply['kind']> = (reply: Extract<Reply, { kind: Kind }>) => void

export class Reader {
  private readonly worker = startWorker('reader')
  private readonly listeners = new Map<Reply['kind'], ((reply: Reply) => void)[]>()
  private waiting: Float32Array | null = null
  private busy = false
  private count = 0

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if (data.kind === 'digit' || (data.kind === 'failure' && data.of === 'digit')) this.next()
      for (const listener of this.listeners.get(data.kind) ?? []) listener(data)
    })
  }

  on<Kind extends Reply['kind']>(kind: Kind, listener: Listener<Kind>): void {
    const known = this.listeners.get(kind) ?? []
    this.listeners.set(kind, [...known, listener as (reply: Reply) => void])
  }

  /** Asks what these pixels are; while one is being read only the newest waits. */
  readDigit(pixels: Float32Array): void {
    this.waiting = pixels
    if (!this.busy) this.next()
  }

  send(request: Request): void {
    this.worker.postMessage(request)
  }

  private next(): void {
    this.busy = this.waiting !== null
    if (this.waiting === null) return
    this.send({ kind: 'digit', id: ++this.count, pixels: this.waiting })
    this.waiting = null
  }
}

export type { DigitReply, PhotoReply }
