/** Figure 3: the class token before the patches' tokens. */
import { element } from '../../page/element.ts'
import type { Story } from '../story.ts'
import { caption, strength, strip, tokenRows, whenSeen, width } from './parts.ts'

export function mountPack(parent: HTMLElement, story: Story): void {
  const one = strip('class', width)
  const others = tokenRows(story, width, 1)
  const all = tokenRows(story, width)
  parent.append(
    element(
      'div',
      { className: 'two even' },
      element(
        'div',
        {},
        one.node,
        caption('learned, [1, 100]'),
        others.node,
        caption('from the patches, [16, 100]'),
      ),
      element('div', {}, all.node, caption('packed: [17, 100]')),
    ),
  )
  whenSeen(parent, story, ({ trace, weights, focus }) => {
    const largest = strength(trace.packed)
    one.show(weights.classToken, largest, '')
    others.show(trace.embedded, largest, focus.token)
    all.show(trace.packed, largest, focus.token)
  })
}
