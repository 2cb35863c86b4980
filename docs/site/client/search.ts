/** Search over all pages: an index that is fetched when it is first wanted, and asked as one types. */
import MiniSearch from 'minisearch'

/** A section of a page, as the build writes it. */
interface Section {
  readonly id: number
  readonly place: string
  readonly page: string
  readonly title: string
  readonly text: string
}

let index: Promise<MiniSearch<Section>> | undefined

export function startSearch(): void {
  const input = document.querySelector<HTMLInputElement>('#search')!
  const list = document.querySelector<HTMLUListElement>('#found')!
  let chosen = -1

  input.addEventListener('focus', () => void load())
  input.addEventListener('input', () => void search())
  input.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')]
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (links.length === 0) return
      const step = event.key === 'ArrowDown' ? 1 : -1
      choose((chosen + step + links.length) % links.length)
    } else if (event.key === 'Enter') (links[Math.max(0, chosen)] ?? input).click()
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
  })
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('.search')) close()
    // a place on this page needs no new page
    else if ((event.target as Element).closest('#found a') !== null) close()
  })
  document.addEventListener('keydown', (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.focus()
  })

  async function search(): Promise<void> {
    const asked = input.value.trim()
    if (asked === '') return close()
    const found = (await load()).search(asked).slice(0, 8)
    if (input.value.trim() !== asked) return
    const items = found.map((one, i) => {
      const { place, page, title } = one as unknown as Section
      const item = document.createElement('li')
      item.id = `found-${i}`
      item.setAttribute('role', 'option')
      item.setAttribute('aria-selected', 'false')
      const link = document.createElement('a')
      link.href = place
      link.tabIndex = -1
      const where = document.createElement('small')
      where.textContent = page
      link.append(title, ' ', where)
      item.append(link)
      return item
    })
    if (items.length === 0) {
      const none = document.createElement('li')
      none.className = 'none'
      none.setAttribute('role', 'option')
      none.textContent = `nothing about “${asked}”`
      items.push(none)
    }
    list.replaceChildren(...items)
    list.hidden = false
    input.setAttribute('aria-expanded', 'true')
    choose(-1)
    document.querySelector('#announcer')!.textContent = `${found.length} found`
  }

  function choose(at: number): void {
    chosen = at
    for (const [i, item] of [...list.children].entries()) item.setAttribute('aria-selected', String(i === at))
    if (at < 0) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', `found-${at}`)
    list.children[at]?.scrollIntoView({ block: 'nearest' })
  }

  function close(): void {
    list.hidden = true
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
    chosen = -1
  }
}

/** What a name is comes before where else it is used. */
const preferred = (_: unknown, __: string, stored?: Record<string, unknown>): number =>
  /api/.test(String(stored?.['place'])) ? 4 : 1

function load(): Promise<MiniSearch<Section>> {
  index ??= fetch('./search.json')
    .then((response) => response.json() as Promise<Section[]>)
    .then((sections) => {
      const made = new MiniSearch<Section>({
        fields: ['title', 'page', 'text'],
        storeFields: ['place', 'page', 'title'],
        searchOptions: {
          boost: { title: 4, page: 1.5 },
          prefix: true,
          fuzzy: 0.15,
          combineWith: 'AND',
          boostDocument: preferred,
        },
        // names in camelCase are found by their words too
        tokenize: (text) =>
          text.split(/[^\p{L}\p{N}_]+/u).flatMap((word) => {
            const parts = word.split(/(?<=\p{Ll})(?=\p{Lu})/u)
            return parts.length > 1 ? [word, ...parts] : word
          }),
      })
      made.addAll(sections)
      return made
    })
  return index
}
