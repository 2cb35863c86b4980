/** The page's side of the reader: one digit at a time, always the newest. */
import type { Levers } from '../model/vit/levers.ts'
import { startWorker } from '../worker.ts'
import type { PhotoReply, Reply, Request } from './protocol.ts'

type Listener<Kind extends Reply['kind']> = (reply: Extract<Reply, { kind: Kind }>) => void

export class Reader {
  private readonly worker = startWorker('reader')
  private readonly listeners = new Map<Reply['kind'], ((reply: Reply) => void)[]>()
  private waiting: { readonly pixels: Float32Array; readonly levers: Levers } | null = null
  private busy = false
  private count = 0

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if (data.kind === 'trace' || (data.kind === 'failure' && data.of === 'trace')) this.next()
      for (const listener of this.listeners.get(data.kind) ?? []) listener(data)
    })
  }

  on<Kind extends Reply['kind']>(kind: Kind, listener: Listener<Kind>): void {
    const known = this.listeners.get(kind) ?? []
    this.listeners.set(kind, [...known, listener as (reply: Reply) => void])
  }

  /** Has these pixels followed through the model; while one is being read only the newest waits. */
  follow(pixels: Float32Array, levers: Levers): void {
    this.waiting = { pixels, levers }
    if (!this.busy) this.next()
  }

  send(request: Request): void {
    this.worker.postMessage(request)
  }

  private next(): void {
    this.busy = this.waiting !== null
    if (this.waiting === null) return
    this.send({ kind: 'trace', id: ++this.count, ...this.waiting })
    this.waiting = null
  }
}

export type { PhotoReply }
