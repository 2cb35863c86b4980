/** How far the move is, and its animation: shared by the stage, the slider and the cards of the steps. */

type Listener = (progress: number, playing: boolean) => void

const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** How long the whole move takes, in milliseconds. */
const duration = 3400

export class Player {
  progress = 1
  private running = 0
  private seen = true
  private readonly listeners: Listener[] = []

  /** Calls `listener` after every change. */
  subscribe(listener: Listener): void {
    this.listeners.push(listener)
  }

  get playing(): boolean {
    return this.running !== 0
  }

  /** Nothing moves where it is not seen. */
  watch(node: Element): void {
    new IntersectionObserver((entries) => {
      this.seen = entries.at(-1)!.isIntersecting
      if (!this.seen && this.playing) this.set(1)
    }).observe(node)
  }

  /** Shows this moment, and stops there. */
  set(progress: number): void {
    this.stop()
    this.show(progress)
  }

  /** Plays from one moment to another; where motion is not wanted only what is asked for by a click moves. */
  play(from = 0, to = 1, { wait = 0, asked = true } = {}): void {
    this.stop()
    if (!this.seen || (calm.matches && !asked)) {
      this.show(to)
      return
    }
    this.show(from)
    let begun: number | null = null
    const length = Math.max(300, Math.abs(to - from) * duration)
    const step = (now: number) => {
      begun ??= now + wait
      const part = Math.min(1, Math.max(0, (now - begun) / length))
      if (part < 1) this.running = requestAnimationFrame(step)
      else this.stop()
      this.show(from + (to - from) * part)
    }
    this.running = requestAnimationFrame(step)
  }

  private stop(): void {
    cancelAnimationFrame(this.running)
    this.running = 0
  }

  private show(progress: number): void {
    this.progress = progress
    for (const listener of this.listeners) listener(progress, this.playing)
  }
}
