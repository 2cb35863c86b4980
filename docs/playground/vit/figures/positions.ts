/** Figure 4: a learned vector for each place, how alike they are, and the sum. */
import { similarities } from '../../model/look.ts'
import { element } from '../../page/element.ts'
import { fill, grid, shown as number, signed } from '../ink.ts'
import type { Story } from '../story.ts'
import { caption, nameOf, patches, strength, strip, tokenRows, tokens, whenSeen, width } from './parts.ts'

export function mountPositions(parent: HTMLElement, story: Story): void {
  const rows = tokenRows(story, width)
  const maps = Array.from({ length: patches }, (_, i) => {
    const canvas = grid(4, 4, 'signed')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'tile',
        attributes: { 'aria-label': `Place ${i + 1}: how like the others` },
        on: { click: () => story.look({ token: i + 1 }) },
      },
      canvas,
    )
    return { canvas, button }
  })
  const parts = [strip('token', width), strip('+ place', width), strip('= sum', width)] as const
  const words = caption()
  parent.append(
    element(
      'div',
      { className: 'two' },
      element('div', {}, element('div', { className: 'tiles' }, ...maps.map(({ button }) => button)), words),
      element('div', {}, rows.node, caption('the learned vectors of the 17 places')),
    ),
    ...parts.map(({ node }) => node),
  )
  whenSeen(parent, story, ({ trace, weights, focus, levers }) => {
    const { positions } = weights
    rows.show(positions, strength(positions), focus.token)
    for (const [i, { canvas, button }] of maps.entries()) {
      fill(canvas, similarities(positions, width, i + 1).subarray(1), signed(1))
      button.setAttribute('aria-pressed', String(focus.token === i + 1))
    }
    const alike = [...similarities(positions, width, focus.token)]
      .map((value, token) => ({ value, token }))
      .filter(({ token }) => token !== focus.token && token > 0)
      .sort((a, b) => b.value - a.value)
    const [best] = alike
    words.textContent = `Most like ${nameOf(focus.token)}’s place: that of ${nameOf(best!.token)}, cosine ${number(best!.value)}.`
    const row = (values: Float32Array) => values.subarray(focus.token * width, (focus.token + 1) * width)
    const largest = strength(trace.tokens)
    parts[0].show(row(trace.packed), largest)
    const zero = new Float32Array(tokens * width)
    parts[1].show(row(levers.positions ? positions : zero), largest)
    parts[2].show(row(trace.tokens), largest)
  })
}
