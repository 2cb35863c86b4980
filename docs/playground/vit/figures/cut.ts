/** Figure 1: the picture, its patches, and each as a row. */
import { element } from '../../page/element.ts'
import { fill, grid, ink } from '../ink.ts'
import type { Story } from '../story.ts'
import { caption, nameOf, patches, patchTiles, whenSeen } from './parts.ts'

export function mountCut(parent: HTMLElement, story: Story): void {
  const tiles = patchTiles(story)
  const rows = Array.from({ length: patches }, (_, i) => {
    const canvas = grid(49, 1, 'strip ink')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'token',
        attributes: { 'aria-label': `Row of patch ${i + 1}` },
        on: { click: () => story.look({ token: i + 1 }) },
      },
      element('span', {}, String(i + 1)),
      canvas,
    )
    return { button, canvas }
  })
  const words = caption()
  parent.append(
    element(
      'div',
      { className: 'two' },
      element('div', {}, tiles.node, caption('16 patches of 7×7')),
      element('div', {}, element('div', { className: 'tokens' }, ...rows.map(({ button }) => button)), words),
    ),
  )
  whenSeen(parent, story, (shown) => {
    tiles.show(shown)
    const { trace, focus } = shown
    for (const [i, { button, canvas }] of rows.entries()) {
      fill(canvas, trace.patches.subarray(i * 49, i * 49 + 49), ink())
      button.setAttribute('aria-pressed', String(focus.token === i + 1))
    }
    const row = trace.patches.subarray((focus.token - 1) * 49, focus.token * 49)
    const inked = row.filter((value) => value > 0).length
    words.textContent =
      focus.token === 0
        ? 'The same as 16 rows of 49 numbers: each patch line by line.'
        : `The same as 16 rows of 49 numbers. Of ${nameOf(focus.token)}’s 49, ${inked} have ink.`
  })
}
