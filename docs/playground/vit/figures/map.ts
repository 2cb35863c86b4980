/** Where a token looks: the class token as a cell of its own, sixteen patches over the digit, all on one scale. */
import { element } from '../../page/element.ts'
import { fill, grid, ink, weight } from '../ink.ts'

export interface LookMap {
  readonly node: HTMLElement
  /** `row` has a weight for each of the 17 tokens; nothing is shown where there is nothing to look at. */
  show(row: Float32Array, pixels: Float32Array, asking: number, blank: boolean): void
}

/** Tells the weight that is pointed at; null where none is. */
export type Tell = (token: number | null, value: number) => void

export function lookMap(tell: Tell): LookMap {
  const below = grid(28, 28, 'ink')
  const heat = grid(4, 4, 'heat')
  const classCell = grid(1, 1, 'heat')
  const mark = element('span', { className: 'window asking', attributes: { 'aria-hidden': 'true' } })
  const classBox = element('span', { className: 'class-cell' }, classCell)
  const box = element('span', { className: 'map-box' }, below, heat, mark)
  let values: Float32Array = new Float32Array(17)
  box.addEventListener('pointermove', (event) => {
    const area = box.getBoundingClientRect()
    const at = (part: number) => Math.min(3, Math.max(0, Math.floor(part * 4)))
    const row = at((event.clientY - area.top) / area.height)
    const token = 1 + row * 4 + at((event.clientX - area.left) / area.width)
    tell(token, values[token]!)
  })
  classBox.addEventListener('pointermove', () => tell(0, values[0]!))
  for (const part of [box, classBox]) part.addEventListener('pointerleave', () => tell(null, 0))
  return {
    node: element('span', { className: 'look-map' }, classBox, box),
    show(row, pixels, asking, blank) {
      values = row
      fill(below, pixels, ink())
      const shown = blank ? new Float32Array(17) : row
      fill(heat, shown.subarray(1), weight)
      fill(classCell, shown.subarray(0, 1), weight)
      mark.hidden = asking === 0
      classBox.classList.toggle('asking', asking === 0)
      mark.style.left = `${25 * ((asking - 1) % 4)}%`
      mark.style.top = `${25 * Math.floor((asking - 1) / 4)}%`
      mark.style.width = mark.style.height = '25%'
    },
  }
}
