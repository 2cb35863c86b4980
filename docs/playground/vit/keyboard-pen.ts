/** A pen that the keyboard moves over the pad: arrows, two at once for a slant; space sets it down and lifts it. */
import type { Point } from '../model/digit.ts'
import { announce } from '../page/element.ts'

const directions: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
/** A key's step, as a part of the pad's side. */
const step = 1 / 28

export class KeyboardPen {
  at: Point = [0.5, 0.5]
  /** Whether it is seen: from its first key until the pad is left or the pointer draws. */
  shown = false
  down = false
  private readonly held = new Set<string>()

  /** @param draw takes the points of a stroke, the first of them with `begins` */
  constructor(canvas: HTMLElement, draw: (at: Point, begins: boolean) => void, moved: () => void) {
    canvas.addEventListener('keydown', (event) => {
      const { key } = event
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (key === ' ' || key === 'Enter') {
        event.preventDefault()
        if (event.repeat) return
        this.shown = true
        this.down = !this.down
        if (this.down) draw(this.at, true)
        else moved()
        announce(this.down ? 'pen down' : 'pen up')
      } else if (key in directions) {
        event.preventDefault()
        this.shown = true
        this.held.add(key)
        this.at = this.next()
        if (this.down) draw(this.at, false)
        else moved()
      }
    })
    canvas.addEventListener('keyup', ({ key }) => void this.held.delete(key))
    canvas.addEventListener('blur', () => {
      this.hide()
      moved()
    })
  }

  hide(): void {
    this.shown = this.down = false
    this.held.clear()
  }

  private next(): Point {
    const moved = [...this.held].reduce<Point>(
      ([x, y], key) => [x + directions[key]![0] * step, y + directions[key]![1] * step],
      this.at,
    )
    return [Math.min(1, Math.max(0, moved[0])), Math.min(1, Math.max(0, moved[1]))]
  }
}
