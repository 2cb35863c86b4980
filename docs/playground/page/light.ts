/** An axis that is pointed at, wherever its name stands, lights up everywhere: pattern, drawing, steps and code. */
import type { Store } from './store.ts'

export function lightAxes(store: Store): void {
  document.addEventListener('pointerover', (event) => {
    const { target } = event
    if (!(target instanceof Element)) return
    if (target.id !== 'pattern') store.light(nameOf(target))
  })
  // the text area lies over its mirror, so what is below the pointer is asked of the mirror
  document.addEventListener('pointermove', (event) => {
    if ((event.target as Element | null)?.id !== 'pattern') return
    const under = [...document.querySelectorAll<HTMLElement>('.mirror [data-name]')].find((piece) =>
      [...piece.getClientRects()].some(
        ({ left, right, top, bottom }) =>
          event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom,
      ),
    )
    store.light(under?.dataset['name'] ?? null)
  })
  document.addEventListener('focusin', (event) => {
    store.light(event.target instanceof Element ? nameOf(event.target) : null)
  })
  store.onLight(mark)
  store.subscribe(mark)

  function mark(): void {
    for (const node of document.querySelectorAll<HTMLElement>('[data-name]')) {
      node.classList.toggle('lit', store.lit !== null && node.dataset['name'] === store.lit)
    }
  }
}

function nameOf(target: Element): string | null {
  return (
    target.closest<HTMLElement>('[data-name]')?.dataset['name'] ??
    target.closest<HTMLElement>('[data-axis]')?.dataset['axis'] ??
    null
  )
}
