/** The nine steps at a glance: which one is being read, and the way to each. The address is left alone: it says the drawing. */
import { byId } from '../page/element.ts'

export function mountWay(): void {
  const links = [...byId('way').querySelectorAll('a')]
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const id = target.getAttribute('aria-labelledby')
        const link = links.find(({ hash }) => hash === `#${id}`)
        if (isIntersecting) link?.setAttribute('aria-current', 'step')
        else link?.removeAttribute('aria-current')
      }
    },
    // the line in the middle of the window
    { rootMargin: '-50% 0px -50% 0px' },
  )
  for (const link of links) {
    const title = byId(link.hash.slice(1))
    watch.observe(title.closest('section')!)
    link.addEventListener('click', (event) => {
      event.preventDefault()
      title.tabIndex = -1
      title.focus({ preventScroll: true })
      title.scrollIntoView()
    })
  }
}
