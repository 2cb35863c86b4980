/**
 * Below the pattern: what it does, or what is wrong with it, in the library's words, with repairs to click. Its height is
 * kept, so that nothing jumps, and while one types it says nothing of a pattern that is not finished.
 */
import { caption } from '../model/caption.ts'
import type { Mistake } from '../model/mistake.ts'
import { summary } from '../model/story.ts'
import { announce, byId, element } from './element.ts'
import type { Store } from './store.ts'

export function mountMessage(parent: HTMLElement, store: Store): void {
  parent.className = 'message'
  store.subscribe(({ state, mistake, typing, refused, reading, drawing, drawn }) => {
    // an arrow may still come, and so may what stands behind it
    const told = mistake !== null && !typing
    parent.classList.toggle('wrong', told || refused !== null)
    parent.classList.toggle('waiting', mistake !== null && typing)
    if (refused !== null) {
      parent.replaceChildren(element('p', { className: 'sentence' }, refused))
      announce(refused)
      return
    }
    if (mistake === null || !told) {
      if (reading === null) return
      const many = drawing === null ? ' The numbers in the pattern alone make too many elements to draw.' : ''
      parent.replaceChildren(
        element('p', { className: 'caption', id: 'caption' }, caption(drawn, reading)),
        element(
          'p',
          { className: 'sentence' },
          mistake === null ? summary(reading, drawn.operation, drawn.reduction) + many : '…',
        ),
      )
      return
    }
    parent.replaceChildren(
      element('p', { className: 'sentence' }, `${state.operation}: ${mistake.sentence}`),
      ...detailsOf(mistake, store),
    )
    announce(mistake.sentence)
  })
}

/** The library's hint, a button for each repair, and the message as a program would print it. */
function detailsOf({ message, hint, fixes }: Mistake, store: Store): HTMLElement[] {
  const buttons = fixes.map(({ label, change }) =>
    element(
      'button',
      {
        type: 'button',
        className: 'chip fix',
        on: {
          click: () => {
            store.change(change)
            byId('pattern').focus()
          },
        },
      },
      label,
    ),
  )
  const whole = element(
    'details',
    {},
    element('summary', {}, 'the whole message'),
    element(
      'pre',
      { tabIndex: 0, attributes: { role: 'group', 'aria-label': 'The whole message' } },
      message,
    ),
  )
  return [
    ...(hint === undefined ? [] : [element('p', { className: 'hint' }, hint)]),
    element('div', { className: 'fixes' }, ...buttons, whole),
  ]
}
