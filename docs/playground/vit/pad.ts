/** The pad to draw on: strokes of a pen, a finger, the mouse or the keyboard, kept as points so that they can be redrawn. */
import type { Point, Stroke } from '../model/digit.ts'
import { element } from '../page/element.ts'
import { KeyboardPen } from './keyboard-pen.ts'

export class Pad {
  readonly canvas: HTMLCanvasElement
  private strokes: Point[][] = []
  private drawing = false
  private readonly changed: (strokes: readonly Stroke[]) => void
  private replay = 0
  private readonly patches: number
  private readonly pen: KeyboardPen

  /** @param patches how many lie along a side: its lines are drawn */
  constructor(
    { what, patches }: { readonly what: string; readonly patches: number },
    changed: (strokes: readonly Stroke[]) => void,
  ) {
    this.changed = changed
    this.patches = patches
    this.canvas = element('canvas', {
      className: 'pad',
      tabIndex: 0,
      attributes: {
        role: 'application',
        'aria-label': `Drawing pad. Draw ${what} with mouse, pen or finger, or with the keys: arrows move the pen, space sets it down and lifts it, Backspace undoes. Or choose one below.`,
      },
    })
    const { canvas } = this
    canvas.addEventListener('pointerdown', (event) => {
      event.preventDefault()
      canvas.focus({ preventScroll: true })
      canvas.setPointerCapture(event.pointerId)
      this.pen.hide()
      this.drawing = true
      this.draw(this.pointOf(event), true)
    })
    canvas.addEventListener('pointermove', (event) => {
      if (!this.drawing) return
      const line = this.strokes.at(-1)!
      for (const one of event.getCoalescedEvents?.() ?? [event]) line.push(this.pointOf(one))
      if (line.length === 1) line.push(this.pointOf(event))
      this.update()
    })
    const lift = () => {
      this.drawing = false
    }
    canvas.addEventListener('pointerup', lift)
    canvas.addEventListener('pointercancel', lift)
    canvas.addEventListener('keydown', ({ key }) => {
      if (key === 'Backspace') this.undo()
    })
    this.pen = new KeyboardPen(
      canvas,
      (at, begins) => this.draw(at, begins),
      () => this.paint(),
    )
    new ResizeObserver(() => this.paint()).observe(canvas)
  }

  clear(): void {
    this.lift()
    this.strokes = []
    this.update()
  }

  undo(): void {
    this.lift()
    this.strokes.pop()
    this.update()
  }

  /** Shows strokes as if they were being written; at once where motion is not wanted. */
  write(strokes: readonly Stroke[]): void {
    this.lift()
    const points = strokes.reduce((sum, stroke) => sum + stroke.length, 0)
    const show = (count: number) => {
      let left = count
      this.strokes = []
      for (const stroke of strokes) {
        if (left <= 0) break
        this.strokes.push(stroke.slice(0, left))
        left -= stroke.length
      }
      this.update()
    }
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      show(points)
      return
    }
    const begun = performance.now()
    const step = (now: number) => {
      const part = Math.min(1, (now - begun) / 900)
      show(Math.max(1, Math.round(part * points)))
      if (part < 1) this.replay = requestAnimationFrame(step)
    }
    this.replay = requestAnimationFrame(step)
  }

  paint(): void {
    const { canvas } = this
    const size = canvas.clientWidth
    if (size === 0) return
    const ratio = Math.min(3, devicePixelRatio)
    canvas.width = canvas.height = Math.round(size * ratio)
    const context = canvas.getContext('2d')!
    context.scale(ratio, ratio)
    const style = getComputedStyle(canvas)
    context.strokeStyle = style.borderTopColor
    context.lineWidth = 1
    context.setLineDash([3, 5])
    for (let line = 1; line < this.patches; line++) {
      const at = (size * line) / this.patches
      context.beginPath()
      context.moveTo(at, 0)
      context.lineTo(at, size)
      context.moveTo(0, at)
      context.lineTo(size, at)
      context.stroke()
    }
    context.setLineDash([])
    context.strokeStyle = style.color
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.lineWidth = size * 0.075
    for (const stroke of this.strokes) {
      context.beginPath()
      for (const [i, [x, y]] of stroke.entries()) {
        if (i === 0) context.moveTo(x * size, y * size)
        context.lineTo(x * size, y * size)
      }
      context.stroke()
    }
    if (!this.pen.shown) return
    // the keyboard's pen: a ring, filled while it writes
    const [x, y] = this.pen.at
    context.beginPath()
    context.arc(x * size, y * size, size * 0.045, 0, 2 * Math.PI)
    context.fillStyle = context.strokeStyle = style.outlineColor
    context.lineWidth = 2
    if (this.pen.down) context.fill()
    context.stroke()
  }

  /** Whatever was writing writes no more. */
  private lift(): void {
    cancelAnimationFrame(this.replay)
    this.drawing = this.pen.down = false
  }

  /** A point of a stroke, or the first of a new one. */
  private draw(at: Point, begins: boolean): void {
    cancelAnimationFrame(this.replay)
    if (begins) this.strokes.push([at])
    else this.strokes.at(-1)!.push(at)
    this.update()
  }

  private update(): void {
    this.paint()
    this.changed(this.strokes)
  }

  private pointOf(event: MouseEvent): Point {
    const box = this.canvas.getBoundingClientRect()
    const part = (value: number) => Math.min(1, Math.max(0, value))
    return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)]
  }
}
