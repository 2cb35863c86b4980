/** Figure 8: tokens from layer to layer: what the class token would answer, and who has become alike. */
import { largest as likeliest, probabilities, similarities } from '../../model/look.ts'
import { element } from '../../page/element.ts'
import { fill, grid, signed } from '../ink.ts'
import type { Story } from '../story.ts'
import { caption, layers, nameOf, strength, whenSeen, width } from './parts.ts'

export function mountLayers(parent: HTMLElement, story: Story): void {
  const stages = Array.from({ length: layers + 1 }, (_, i) => {
    const strip = grid(width, 1, 'strip')
    const map = grid(4, 4, 'signed')
    const mark = element('span', { className: 'window asking', attributes: { 'aria-hidden': 'true' } })
    const classCell = grid(1, 1, 'signed')
    const answer = element('span', { className: 'lens' })
    const name = i === 0 ? 'embedded' : `after layer ${i}`
    const node = element(
      'div',
      { className: 'stage-of' },
      element('span', { className: 'small soft' }, name),
      element('span', { className: 'class-cell' }, classCell),
      element('span', { className: 'map-box' }, map, mark),
      strip,
      answer,
    )
    return { node, strip, map, mark, classCell, answer }
  })
  const words = caption()
  parent.append(
    element(
      'div',
      { className: 'stage-of head', attributes: { 'aria-hidden': 'true' } },
      ...['', 'class', 'likeness', 'class token', 'would say'].map((text) =>
        element('span', { className: 'small soft' }, text),
      ),
    ),
    ...stages.map(({ node }) => node),
    words,
  )
  whenSeen(parent, story, ({ trace, focus, blank }) => {
    for (const [i, { strip, map, mark, classCell, answer }] of stages.entries()) {
      const rows = i === 0 ? trace.tokens : trace.layers[i - 1]!.output
      fill(strip, rows.subarray(0, width), signed(strength(rows)))
      const alike = similarities(rows, width, focus.token)
      fill(map, alike.subarray(1), signed(1))
      fill(classCell, alike.subarray(0, 1), signed(1))
      mark.hidden = focus.token === 0
      mark.style.left = `${25 * ((focus.token - 1) % 4)}%`
      mark.style.top = `${25 * Math.floor((focus.token - 1) / 4)}%`
      mark.style.width = mark.style.height = '25%'
      const [best] = likeliest(probabilities(trace.lenses[i]!), 1)
      answer.textContent = blank ? '' : `${best!.index}, ${Math.round(100 * best!.value)} %`
    }
    words.textContent = `Orange: alike ${nameOf(focus.token)} (cosine up to 1); blue: opposite.`
  })
}
