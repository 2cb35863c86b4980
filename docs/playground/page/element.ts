/** Makes an element with properties and children: all the framework that two pages need. */

type Child = Node | string | null | false

interface Extra {
  /** Attributes that are no properties: `aria-…`, `role`, `for`. */
  readonly attributes?: Readonly<Record<string, string>>
  readonly on?: { readonly [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void }
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<Omit<HTMLElementTagNameMap[Name], 'style' | 'attributes'>> & Extra = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const { attributes = {}, on = {}, ...own } = properties
  const made = document.createElement(name)
  Object.assign(made, own)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  for (const [type, listener] of Object.entries(on)) made.addEventListener(type, listener as EventListener)
  made.append(...children.filter((child) => child !== null && child !== false))
  return made
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`internal: the page has no #${id}`)
  return found
}

let announcing: ReturnType<typeof setTimeout> | undefined

/** Says something to a screen reader, once typing or moving has paused. */
export function announce(text: string): void {
  clearTimeout(announcing)
  announcing = setTimeout(() => {
    byId('announcer').textContent = text
  }, 400)
}
