/** Probabilities as bars; a meter each, so that a screen reader hears the number. */
import { element } from '../page/element.ts'

export interface Bar {
  readonly label: string
  readonly value: number
}

/** Shows bars in a list, keeping the rows it has, so that they grow and shrink smoothly. */
export function showBars(list: HTMLElement, bars: readonly Bar[]): void {
  const best = Math.max(...bars.map(({ value }) => value))
  while (list.children.length > bars.length) list.lastElementChild!.remove()
  for (const [i, { label, value }] of bars.entries()) {
    const row = (list.children[i] as HTMLElement | undefined) ?? list.appendChild(newRow())
    const [name, track, number] = [...row.children] as [HTMLElement, HTMLElement, HTMLElement]
    row.classList.toggle('best', value === best && value > 0)
    name.textContent = label
    ;(track.firstElementChild as HTMLElement).style.transform = `scaleX(${value.toFixed(4)})`
    track.setAttribute('aria-valuenow', value.toFixed(3))
    track.setAttribute('aria-label', label)
    number.textContent = `${(100 * value).toFixed(1)} %`
  }
}

function newRow(): HTMLElement {
  return element(
    'li',
    {},
    element('span', { className: 'name' }),
    element(
      'span',
      { className: 'track', attributes: { role: 'meter', 'aria-valuemin': '0', 'aria-valuemax': '1' } },
      element('span', { className: 'fill' }),
    ),
    element('span', { className: 'number' }),
  )
}
