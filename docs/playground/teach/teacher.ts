/** The page's side of the teacher: it looks at one picture at a time, always the newest, and rests while nobody sees the page. */
import { startWorker } from '../worker.ts'
import type { Reply, Request } from './protocol.ts'

type Listener<Kind extends Reply['kind']> = (reply: Extract<Reply, { kind: Kind }>) => void

export class Teacher {
  private readonly worker = startWorker('teacher')
  private readonly listeners = new Map<Reply['kind'], ((reply: Reply) => void)[]>()
  private waiting: Float32Array | null = null
  private busy = false

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if (data.kind === 'looked' || data.kind === 'failure') this.next()
      for (const listener of this.listeners.get(data.kind) ?? []) listener(data)
    })
    document.addEventListener('visibilitychange', () => {
      this.send({ kind: 'rest', resting: document.hidden })
    })
  }

  on<Kind extends Reply['kind']>(kind: Kind, listener: Listener<Kind>): void {
    const known = this.listeners.get(kind) ?? []
    this.listeners.set(kind, [...known, listener as (reply: Reply) => void])
  }

  send(request: Request): void {
    this.worker.postMessage(request)
  }

  look(pixels: Float32Array): void {
    this.waiting = pixels
    if (!this.busy) this.next()
  }

  private next(): void {
    this.busy = this.waiting !== null
    if (this.waiting === null) return
    this.send({ kind: 'look', pixels: this.waiting })
    this.waiting = null
  }
}
