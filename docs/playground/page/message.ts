/** Below the pattern: what it does, or what is wrong with it, in the library's words, with repairs to click. */
import type { Mistake } from '../model/mistake.ts'
import { summary } from '../model/story.ts'
import { announce, byId, element } from './element.ts'
import type { Store } from './store.ts'

/** How long typing pauses before a mistake is told at length, so that the page does not jump at every letter. */
const pause = 500

export function mountMessage(parent: HTMLElement, store: Store): void {
  parent.className = 'message'
  let waiting: ReturnType<typeof setTimeout> | undefined
  store.subscribe(({ state, mistake, reading, drawing, drawn }) => {
    clearTimeout(waiting)
    parent.classList.toggle('wrong', mistake !== null)
    if (mistake === null) {
      parent.classList.remove('whole')
      const text =
        summary(reading!, drawn.operation, drawn.reduction) +
        (drawing === null ? ' The numbers in the pattern alone make too many elements to draw.' : '')
      parent.replaceChildren(element('p', { className: 'sentence' }, text))
      return
    }
    const sentence = element('p', { className: 'sentence' }, `${state.operation}: ${mistake.sentence}`)
    const details = detailsOf(mistake, store)
    const tell = () => {
      parent.classList.add('whole')
      parent.replaceChildren(sentence, ...details)
    }
    const typing = document.activeElement?.id === 'pattern'
    if (parent.classList.contains('whole') || !typing) tell()
    else {
      parent.replaceChildren(sentence)
      waiting = setTimeout(tell, pause)
    }
    announce(mistake.sentence)
  })
}

/** The rest of the library's message, and a button for each repair. */
function detailsOf({ message, fixes }: Mistake, store: Store): HTMLElement[] {
  const [, ...rest] = message.split('\n')
  const excerpt = rest.join('\n').replace(/^\n+/, '')
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
  return [
    ...(excerpt === ''
      ? []
      : [element('pre', { tabIndex: 0, attributes: { role: 'group', 'aria-label': 'Where' } }, excerpt)]),
    ...(buttons.length > 0 ? [element('div', { className: 'fixes' }, ...buttons)] : []),
  ]
}
