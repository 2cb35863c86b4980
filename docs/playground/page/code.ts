/** The call as code, in three languages, and the link to this page as it is. */
import { typescriptCode } from '../model/code/typescript.ts'
import type { Reading } from '../model/reading.ts'
import type { State } from '../model/state.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { announce, element } from './element.ts'
import type { Store } from './store.ts'

const languages = ['TypeScript', 'einops', 'NumPy'] as const
type Language = (typeof languages)[number]

export function mountCode(parent: HTMLElement, store: Store): void {
  parent.classList.add('code')
  let language: Language = 'TypeScript'
  const text = element('code')
  const tabs = languages.map((name) => {
    const input = element('input', {
      type: 'radio',
      name: 'language',
      value: name,
      checked: name === language,
      on: {
        change: () => {
          language = name
          void show()
        },
      },
    })
    return element('label', {}, input, element('span', {}, name))
  })
  const copyButton = element('button', { type: 'button', className: 'button', id: 'copy-code' }, 'Copy code')
  const linkButton = element('button', { type: 'button', className: 'quiet', id: 'copy-link' }, 'Copy link')
  copyButton.addEventListener('click', () => void copy(text.textContent ?? '', copyButton))
  linkButton.addEventListener('click', () => void copy(location.href, linkButton, withoutPicture()))
  parent.append(
    element('h3', {}, 'Take it with you'),
    element(
      'div',
      { className: 'segments', attributes: { role: 'radiogroup', 'aria-label': 'Language' } },
      ...tabs,
    ),
    element('pre', { tabIndex: 0, attributes: { role: 'group', 'aria-label': 'Code' } }, text),
    element('div', { className: 'row' }, copyButton, linkButton),
  )

  function withoutPicture(): string {
    const { state } = store.view
    return state.source === 'picture' && store.ownPicture ? 'Copied, without your picture' : 'Copied'
  }

  async function show(): Promise<void> {
    const { reading, drawn } = store.view
    if (reading === null) return
    const chosen = language
    const code = await codeIn(chosen, drawn, reading)
    // another may have been asked for meanwhile
    if (chosen === language && drawn === store.view.drawn) write(code)
  }
  store.subscribe(() => void show())

  /** The code, its axes marked, so that they can light up. */
  function write(code: string): void {
    const names = new Set(namesIn(tokenize(store.view.drawn.pattern)))
    const pieces = code.split(/([\p{L}_][\p{L}\p{N}_]*)/u).map((piece, i) => {
      if (i % 2 === 0 || !names.has(piece)) return piece
      const marked = element('span', {}, piece)
      marked.dataset['name'] = piece
      return marked
    })
    text.replaceChildren(...pieces)
  }
}

/** The other languages are fetched when they are first wanted. */
async function codeIn(language: Language, state: State, reading: Reading): Promise<string> {
  if (language === 'einops') return (await import('../model/code/einops.ts')).einopsCode(state, reading)
  if (language === 'NumPy') return (await import('../model/code/numpy.ts')).numpyCode(state, reading)
  return typescriptCode(state)
}

async function copy(text: string, button: HTMLButtonElement, done = 'Copied'): Promise<void> {
  const label = button.textContent
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = done
  } catch {
    button.textContent = 'Not allowed here'
  }
  announce(button.textContent)
  setTimeout(() => {
    button.textContent = label
  }, 1500)
}
