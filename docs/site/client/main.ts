/** What the documentation's pages do by themselves: search, theme, copying of code, the menu of small screens. */
import { startTheme } from '../../playground/page/theme.ts'
import { startSearch } from './search.ts'

startTheme()
startSearch()
foldMenu()
for (const block of document.querySelectorAll<HTMLPreElement>('main pre')) offerCopy(block)
followOutline()

/** On a small screen the pages' names are behind a button. */
function foldMenu(): void {
  const button = document.querySelector<HTMLButtonElement>('#menu')!
  const pages = document.querySelector('#pages')!
  const show = (open: boolean) => {
    button.setAttribute('aria-expanded', String(open))
    pages.classList.toggle('open', open)
  }
  button.addEventListener('click', () => show(button.getAttribute('aria-expanded') !== 'true'))
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !pages.classList.contains('open')) return
    show(false)
    button.focus()
  })
}

/** A button that copies a block of code. */
function offerCopy(block: HTMLPreElement): void {
  const code = block.querySelector('code')
  if (code === null || block.hidden) return
  // what is broader than the page is scrolled by keyboard too
  block.tabIndex = 0
  block.setAttribute('role', 'group')
  block.setAttribute('aria-label', 'Code')
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'copy'
  button.textContent = 'Copy'
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.innerText)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Not allowed here'
    }
    document.querySelector('#announcer')!.textContent = button.textContent
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  const frame = document.createElement('div')
  frame.className = 'block'
  block.replaceWith(frame)
  frame.append(block, button)
}

/** The heading that one reads is marked in the outline. */
function followOutline(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('aside a')].map((link) => [link.hash.slice(1), link]),
  )
  const headings = [...links.keys()].flatMap((id) => document.getElementById(decodeURIComponent(id)) ?? [])
  const mark = () => {
    const passed = headings.findLast((heading) => heading.getBoundingClientRect().top < 120) ?? headings[0]
    for (const [id, link] of links) {
      if (id === passed?.id) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    }
  }
  addEventListener('scroll', mark, { passive: true })
  mark()
}
