/** "Colour by": each axis as a chip; pressing it colours the elements by their place along that axis alone. */
import { paint } from '../model/palette.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { element } from './element.ts'
import type { Store } from './store.ts'
import { toneCss } from './theme.ts'

export function mountLegend(parent: HTMLElement, store: Store): void {
  parent.className = 'legend'
  parent.setAttribute('role', 'group')
  parent.setAttribute('aria-label', 'Colour the elements by an axis')
  store.subscribe(({ state, drawing, drawn }) => {
    parent.hidden = drawing === null || drawing.picture
    if (drawing === null) return
    const focused = parent.contains(document.activeElement) ? document.activeElement?.textContent : null
    const hues = paint(namesIn(tokenize(drawn.pattern)))
    const chip = (name: string | null, length: number | null, colour: string) => {
      const pressed = name === null ? state.colour.length === 0 : state.colour.includes(name)
      const made = element(
        'button',
        {
          type: 'button',
          className: name === null ? 'chip auto' : 'chip',
          attributes: { 'aria-pressed': String(pressed) },
          on: { click: () => store.change({ colour: name === null || pressed ? [] : [name] }) },
        },
        name ?? 'what stays together',
        length === null ? '' : element('small', {}, ` ${length}`),
      )
      made.style.color = colour
      if (name !== null) made.dataset['name'] = name
      return made
    }
    const axes = drawing.full.axes.filter(({ kind, length }) => kind === 'named' && length > 1)
    parent.replaceChildren(
      element('span', { className: 'soft' }, 'Colour by'),
      chip(null, null, 'var(--ink)'),
      ...axes.map(({ label, length }) => chip(label, length, toneCss(hues.get(label)!))),
    )
    for (const button of parent.querySelectorAll('button')) if (button.textContent === focused) button.focus()
  })
}
