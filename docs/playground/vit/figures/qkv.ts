/** Figure 5: one product makes queries, keys and values of all heads; then the row is split. */
import { element } from '../../page/element.ts'
import { fill, grid, signed } from '../ink.ts'
import type { Story } from '../story.ts'
import {
  caption,
  heads,
  headWidth,
  layerAndHead,
  nameOf,
  strength,
  tokens,
  whenSeen,
  width,
} from './parts.ts'

const kinds = ['query', 'key', 'value'] as const

export function mountQkv(parent: HTMLElement, story: Story): void {
  const choice = layerAndHead(story, 'qkv')
  const x = grid(width, tokens, 'signed matrix')
  const w = grid(3 * width, width, 'signed matrix')
  const y = grid(3 * width, tokens, 'signed matrix')
  const whole = grid(3 * width, 1, 'strip')
  const pieces = kinds.flatMap((kind) =>
    Array.from({ length: heads }, (_, head) => {
      const canvas = grid(headWidth, 1, 'strip')
      const button = element(
        'button',
        {
          type: 'button',
          className: 'piece',
          attributes: { 'aria-label': `${kind} of head ${head + 1}` },
          on: { click: () => story.look({ head }) },
        },
        canvas,
      )
      return { canvas, button, head }
    }),
  )
  const words = caption()
  const matrix = (canvas: HTMLElement, text: string) => element('figure', {}, canvas, caption(text))
  parent.append(
    choice.node,
    element(
      'div',
      { className: 'product' },
      matrix(x, 'tokens, normed [17, 100]'),
      element('span', { className: 'sign' }, '·'),
      matrix(w, 'W [100, 300]'),
      element('span', { className: 'sign' }, '='),
      matrix(y, 'queries, keys, values [17, 300]'),
    ),
    words,
    whole,
    element(
      'div',
      { className: 'pieces' },
      element('span'),
      ...Array.from({ length: heads }, (_, head) =>
        element('span', { className: 'small soft' }, `head ${head + 1}`),
      ),
      ...kinds.flatMap((kind, k) => [
        element('span', { className: 'small soft' }, kind),
        ...pieces.slice(k * heads, (k + 1) * heads).map(({ button }) => button),
      ]),
    ),
  )
  whenSeen(parent, story, (shown) => {
    choice.show(shown)
    const { trace, weights, focus } = shown
    const layer = trace.layers[focus.layer]!
    const largest = strength(layer.qkv)
    fill(x, layer.norm1, signed(strength(layer.norm1)))
    const weight = weights.qkv[focus.layer]!
    // as it is multiplied: [100, 300]
    const turned = Float32Array.from(
      { length: weight.length },
      (_, i) => weight[(i % (3 * width)) * width + Math.floor(i / (3 * width))]!,
    )
    fill(w, turned, signed(strength(weight)))
    fill(y, layer.qkv, signed(largest))
    const row = layer.qkv.subarray(focus.token * 3 * width, (focus.token + 1) * 3 * width)
    fill(whole, row, signed(largest))
    for (const [i, { canvas, button, head }] of pieces.entries()) {
      fill(canvas, row.subarray(i * headWidth, (i + 1) * headWidth), signed(largest))
      button.setAttribute('aria-pressed', String(head === focus.head))
    }
    words.textContent = `The 300 numbers of ${nameOf(focus.token)}, in layer ${focus.layer + 1}, and split:`
  })
}
