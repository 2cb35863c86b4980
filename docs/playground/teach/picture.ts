/** An example as a small picture, and where the model looks at it. */
import type { Example } from '../model/teach/example.ts'
import { bytesOf, side } from '../model/teach/example.ts'
import { grid as patches } from '../model/teach/lesson-plan.ts'
import { element } from '../page/element.ts'
import { fill, grid, ink, weight } from '../vit/ink.ts'

/** Paints an example into a canvas of 28×28: drawings in the page's ink, photographs as they are. */
export function paint(canvas: HTMLCanvasElement, example: Example | null): void {
  if (example === null) fill(canvas, [], ink())
  else if (example.ink !== undefined) fill(canvas, example.ink, ink())
  else canvas.getContext('2d')!.putImageData(new ImageData(bytesOf(example), side, side), 0, 0)
}

export interface Look {
  readonly node: HTMLElement
  /** @param looks 7 × 7 weights, or null where there is no model */
  show(example: Example | null, looks: ArrayLike<number> | null): void
}

/** A picture with the weights of its patches on it. */
export function look(): Look {
  const below = grid(side, side, 'ink')
  const heat = grid(patches, patches, 'heat')
  return {
    node: element('span', { className: 'map-box' }, below, heat),
    show(example, looks) {
      paint(below, example)
      fill(heat, looks ?? [], scaled)
    },
  }
}

/** There are three times as many places as in the story, so weights are shown as many times as strong; one scale for all maps. */
export function scaled(value: number): ReturnType<typeof weight> {
  return weight(value * 3)
}
