/** Below the pattern: what it does, or what is wrong with it, in the library's words, with repairs to click. */
import { summary } from '../model/story.ts'
import { announce, byId, element } from './element.ts'
import type { Store } from './store.ts'

export function mountMessage(parent: HTMLElement, store: Store): void {
  parent.className = 'message'
  store.subscribe(({ state, mistake, drawing, drawn }) => {
    parent.classList.toggle('wrong', mistake !== null)
    if (mistake === null) {
      const text =
        drawing === null
          ? 'This tensor cannot be drawn small enough to follow: its numbers alone make too many elements.'
          : summary(drawing.full, drawn.operation, drawn.reduction)
      parent.replaceChildren(element('p', { className: 'sentence' }, text))
      return
    }
    const [, ...rest] = mistake.message.split('\n')
    const excerpt = rest.join('\n').replace(/^\n+/, '')
    const buttons = mistake.fixes.map(({ label, change }) =>
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
    parent.replaceChildren(
      element('p', { className: 'sentence' }, `${state.operation}: ${mistake.sentence}`),
      excerpt === '' ? '' : element('pre', { tabIndex: 0, attributes: { 'aria-label': 'Where' } }, excerpt),
      buttons.length > 0 ? element('div', { className: 'fixes' }, ...buttons) : '',
    )
    announce(mistake.sentence)
  })
}
