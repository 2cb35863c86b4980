/**
 * The pattern's text field: a plain text area with transparent text over a coloured mirror of it, so that typing,
 * selecting and undoing stay the browser's own. Completion is a list below the caret.
 */
import { applyCompletion, type Completion, complete } from '../model/complete.ts'
import { neutral, paint } from '../model/palette.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { announce, element } from './element.ts'
import type { Store, View } from './store.ts'
import { toneCss } from './theme.ts'

export function mountEditor(parent: HTMLElement, store: Store): void {
  const mirror = element('div', { className: 'mirror', attributes: { 'aria-hidden': 'true' } })
  const options = element('ul', {
    className: 'options',
    id: 'completions',
    hidden: true,
    attributes: { role: 'listbox', 'aria-label': 'Completions' },
  })
  const input = element('textarea', {
    id: 'pattern',
    rows: 1,
    spellcheck: false,
    autocomplete: 'off',
    attributes: {
      autocapitalize: 'off',
      autocorrect: 'off',
      'aria-label': 'Pattern',
      'aria-autocomplete': 'list',
      'aria-controls': 'completions',
      'aria-describedby': 'message',
    },
  })
  const editor = element('div', { className: 'editor' }, mirror, input, options)
  parent.append(editor)

  let offered: Completion[] = []
  let chosen = -1

  input.addEventListener('input', () => {
    // a pattern is one line
    const text = input.value.replace(/\n/g, ' ')
    if (text !== input.value) input.value = text
    store.type(text)
    offer()
  })
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && chosen < 0) event.preventDefault()
    if (options.hidden) {
      if (event.key === ' ' && event.ctrlKey) {
        event.preventDefault()
        offer(true)
      }
      return
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1
      choose((chosen + step + offered.length) % offered.length)
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      const taken = offered[chosen] ?? (event.key === 'Tab' ? offered[0] : undefined)
      if (taken === undefined) return close()
      take(taken)
    } else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
  })
  input.addEventListener('blur', close)
  input.addEventListener('click', () => offer())

  function offer(asked = false): void {
    const caret = input.selectionStart
    offered =
      input.selectionEnd === caret ? complete(input.value, caret, store.state.operation).slice(0, 7) : []
    const typing = /[\p{L}\p{N}_ (]$/u.test(input.value.slice(0, caret))
    if (offered.length === 0 || !(typing || asked)) {
      close()
      return
    }
    options.replaceChildren(
      ...offered.map((one, i) =>
        element(
          'li',
          {
            id: `completion-${i}`,
            attributes: { role: 'option', 'aria-selected': 'false' },
            on: {
              mousedown: (event) => {
                event.preventDefault() // keeps the focus where the caret is
                take(one)
              },
            },
          },
          one.label,
          element('small', {}, one.detail),
        ),
      ),
    )
    options.hidden = false
    choose(-1)
    const { x, y } = caretPlace(mirror, caret)
    options.style.left = `${Math.max(0, Math.min(x, editor.clientWidth - options.offsetWidth))}px`
    options.style.top = `${y + 6}px`
    announce(`${offered.length} completions`)
  }

  function choose(index: number): void {
    chosen = index
    for (const [i, option] of [...options.children].entries()) {
      option.setAttribute('aria-selected', String(i === index))
    }
    if (index < 0) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', `completion-${index}`)
  }

  function take(completion: Completion): void {
    const { text, caret } = applyCompletion(input.value, completion)
    // through the browser's own editing, so that undo knows it
    input.setSelectionRange(completion.start, completion.end)
    if (!document.execCommand('insertText', false, completion.insert)) input.value = text
    input.setSelectionRange(caret, caret)
    store.type(input.value)
    offer()
  }

  function close(): void {
    options.hidden = true
    chosen = -1
    input.removeAttribute('aria-activedescendant')
  }

  store.subscribe((view) => {
    if (input.value !== view.state.pattern) input.value = view.state.pattern
    const wrong = view.mistake !== null && !view.typing
    input.setAttribute('aria-invalid', String(wrong))
    editor.classList.toggle('wrong', wrong)
    reflect(mirror, view)
  })
}

/** Draws the pattern in the mirror: axes in their colours, carets under the mistake. */
function reflect(mirror: HTMLElement, { state, mistake, typing }: View): void {
  const tokens = tokenize(state.pattern)
  const hues = paint(namesIn(tokens))
  const span = typing ? undefined : mistake?.span
  const pieces: Node[] = []
  let wrong: HTMLElement | null = null
  for (const token of tokens) {
    // a token that a mistake begins or ends in is cut there
    const cuts = [token.start, span?.start ?? 0, span?.end ?? 0, token.end].filter(
      (at) => at >= token.start && at <= token.end,
    )
    cuts.sort((a, b) => a - b)
    for (let i = 1; i < cuts.length; i++) {
      const [start, end] = [cuts[i - 1]!, cuts[i]!]
      if (start === end) continue
      const piece = element('span', { className: token.kind }, state.pattern.slice(start, end))
      const hue = token.kind === 'number' ? neutral : hues.get(token.text)
      if (hue !== undefined) piece.style.color = toneCss(hue)
      if (token.kind === 'axis') piece.dataset['name'] = token.text
      if (span !== undefined && start >= span.start && end <= span.end) {
        if (wrong === null) {
          wrong = element('span', { className: 'span' })
          pieces.push(wrong)
        }
        wrong.append(piece)
      } else pieces.push(piece)
    }
  }
  if (wrong !== null && span !== undefined) {
    const width = Math.min(24, [...state.pattern.slice(span.start, span.end)].length)
    wrong.append(element('span', { className: 'carets' }, '^'.repeat(width)))
  }
  // a last line break keeps an empty or space-ended text as high as the text area
  mirror.replaceChildren(...pieces, '\u200b')
}

/** The place below a character of the mirror. */
function caretPlace(mirror: HTMLElement, caret: number): { x: number; y: number } {
  const walker = document.createTreeWalker(mirror, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.className === 'carets' ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  )
  let left = caret
  const box = mirror.getBoundingClientRect()
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0
    if (left > length) {
      left -= length
      continue
    }
    const range = document.createRange()
    range.setStart(node, left)
    range.collapse(true)
    const at = range.getBoundingClientRect()
    return { x: at.left - box.left, y: at.bottom - box.top }
  }
  return { x: 0, y: box.height }
}
