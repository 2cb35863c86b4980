/** Code as HTML: TypeScript in a few colours, and every axis of a pattern in its own, the same as in the playground. */
import { hues } from '../playground/model/palette.ts'

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const keywords =
  /^(?:import|export|from|const|let|new|if|else|for|of|in|return|function|class|extends|await|async|try|catch|throw|typeof|instanceof|type|interface|as|abstract|static|readonly|super|this|null|undefined|true|false)$/

const tokens =
  /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|([A-Za-z_$][\w$]*)|(\d[\d_.]*)/g

/** TypeScript, as HTML; `link` says where a name is explained. */
export function highlight(code: string, link?: (name: string) => string | undefined): string {
  let html = ''
  let end = 0
  for (const match of code.matchAll(tokens)) {
    const [text, comment, string, word, number] = match
    html += escapeHtml(code.slice(end, match.index))
    end = match.index + text.length
    if (comment !== undefined) html += promise(comment)
    else if (string !== undefined) html += /->|\(.* .*\)/.test(string) ? pattern(string) : span('s', string)
    else if (word !== undefined) html += keywords.test(word) ? span('k', word) : named(word, link?.(word))
    else if (number !== undefined) html += span('n', number)
  }
  return html + escapeHtml(code.slice(end))
}

function named(word: string, place: string | undefined): string {
  return place === undefined ? escapeHtml(word) : `<a href="${place}">${escapeHtml(word)}</a>`
}

/** A pattern with its axes coloured in the order in which they appear. */
export function pattern(text: string): string {
  const order: string[] = []
  return escapeHtml(text).replace(/&gt;|[A-Za-z_]\w*/g, (name) => {
    if (name.startsWith('&')) return name
    if (!order.includes(name)) order.push(name)
    return `<b class="a${order.indexOf(name) % hues.length}">${name}</b>`
  })
}

/** What a line promises (`// → 3`, `// [2, 3]`, `// | printed`) stands out from what a comment remarks. */
function promise(comment: string): string {
  return /^\/\/ (?:→|\||\[[\d, ]*\]$)/.test(comment) ? span('p', comment) : span('c', comment)
}

function span(kind: string, text: string): string {
  return `<span class="${kind}">${escapeHtml(text)}</span>`
}

/** The colours of axes as a style sheet's rules. */
export function axisColours(): string {
  return hues
    .map(
      ({ light, dark }, i) =>
        `.a${i} { color: light-dark(${light}, ${dark}); fill: light-dark(${light}, ${dark}) }`,
    )
    .join('\n')
}
