/**
 * `npm run build:docs`: the documentation as static pages in `dist/site`. Markdown is rendered by markdown-it; code is coloured,
 * tensors are drawn by the library itself, the reference is read off the sources. A link that leads nowhere ends the build.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'
import { type Documented, readApi } from './api.ts'
import { drawBlock } from './draw.ts'
import { axisColours, escapeHtml, highlight, pattern } from './highlight.ts'
import { entries, frame, type Page, pages } from './pages.ts'

const root = process.cwd()
const out = join(root, 'dist/site')

const markdown = new MarkdownIt({ html: true, linkify: false, highlight: renderCode })

type Tokens = readonly { readonly content: string; readonly tag: string }[]

function renderCode(code: string, language: string): string {
  if (language === 'draw') return `<pre hidden></pre>${code.trim().split('\n').map(drawBlock).join('')}`
  const html = language === 'ts' || language === 'js' ? highlight(code) : escapeHtml(code)
  return `<pre><code class="${language || 'text'}">${html}</code></pre>`
}

// patterns within a sentence get the colours of their axes too
markdown.renderer.rules['code_inline'] = (tokens: Tokens, index: number) => {
  const text = tokens[index]!.content
  // the quoted parts are patterns where they have an arrow, a group or several names
  const inner = text
    .split(/('[^']*')/)
    .map((part) => (/^'.*(->|[( ]).*'$/.test(part) ? pattern(part) : escapeHtml(part)))
    .join('')
  return `<code>${inner}</code>`
}

const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/<[^>]*>|`/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')

markdown.renderer.rules['heading_open'] = (tokens: Tokens, index: number) => {
  const { tag } = tokens[index]!
  return `<${tag} id="${slug(tokens[index + 1]!.content)}">`
}

function renderApi(title: string, documented: readonly Documented[]): string {
  const list = documented
    .filter(({ kind }) => kind !== 'type')
    .map(({ name }) => `<a href="#${name}">${name}</a>`)
    .join(' ')
  return `<h1>${title}</h1><p class="names">${list}</p>${documented.map(renderEntry).join('')}`
}

function renderEntry({
  name,
  kind,
  signature,
  text,
  params,
  returns,
  throws,
  see,
  examples,
}: Documented): string {
  const prose = (source: string) => markdown.render(source.replace(/\{@link (\w+)\}/g, '`$1`'))
  const inline = (source: string) => markdown.renderInline(source.replace(/\{@link (\w+)\}/g, '`$1`'))
  const rows = [
    ...params.map((param) => `<dt><code>${param.name}</code></dt><dd>${inline(param.text)}</dd>`),
    ...(returns ? [`<dt>returns</dt><dd>${inline(returns)}</dd>`] : []),
    ...throws.map((reason) => `<dt>throws</dt><dd>${inline(reason.replace(/^\{(\w+)\}/, '`$1`'))}</dd>`),
    ...(see ? [`<dt>after</dt><dd>${inline(see)}</dd>`] : []),
  ]
  return `<section class="entry"><h2 id="${name}"><span class="kind">${kind}</span> ${name}</h2>
${prose(text)}
${rows.length > 0 ? `<dl>${rows.join('')}</dl>` : ''}
${examples.map((code) => `<pre><code class="ts">${highlight(code)}</code></pre>`).join('')}
<details><summary>declaration</summary><pre><code class="ts">${highlight(signature)}</code></pre></details></section>`
}

/** Links between the documents are written for readers of the repository: to pages they lead on, to its files they are only named. */
function relink(html: string, known: ReadonlySet<string>): string {
  return html.replace(
    /<a href="(?!https?:|#|\.\/)([^"#]*)(#[^"]*)?">(.*?)<\/a>/g,
    (whole, path, part = '', text) => {
      const source = join('docs', path).replace(/^docs\/docs\//, 'docs/')
      const page = pages.find((candidate) => candidate.source === source)
      if (page !== undefined && known.has(page.name))
        return `<a href="./${page.name}.html${part}">${text}</a>`
      if (/^(\.\.\/)?(docs\/)?playground/.test(path)) return `<a href="./playground/index.html">${text}</a>`
      if (existsSync(join(root, 'docs', path)) || existsSync(join(root, path))) return text
      throw new Error(`a link leads nowhere: ${whole}`)
    },
  )
}

/** Every link from page to page, and into a page, has somewhere to lead. */
function checkLinks(built: ReadonlyMap<string, string>): void {
  for (const [name, html] of built) {
    for (const [, page, part] of html.matchAll(/href="(?:\.\/([\w-]+)\.html)?(?:#([^"]+))?"/g)) {
      const target = built.get(page ?? name)
      if (target === undefined) throw new Error(`${name}: there is no page ${page}`)
      if (part && !target.includes(`id="${part}"`))
        throw new Error(`${name}: ${page ?? name} has no place #${part}`)
    }
  }
}

mkdirSync(out, { recursive: true })
const present = pages.filter(({ source }) => existsSync(join(root, source)))
const all: Page[] = [...present, ...entries]
const known = new Set(all.map(({ name }) => name))
const built = new Map<string, string>()
for (const page of present) {
  const body = markdown.render(readFileSync(join(root, page.source), 'utf8'))
  built.set(page.name, relink(frame(page, body, all), known))
}
for (const entry of entries) {
  built.set(entry.name, frame(entry, renderApi(entry.title, readApi(root, entry.source)), all))
}
checkLinks(built)
for (const [name, html] of built) writeFileSync(join(out, `${name}.html`), html)
writeFileSync(
  join(out, 'style.css'),
  `${readFileSync(join(root, 'docs/site/style.css'), 'utf8')}\n${axisColours()}\n`,
)
console.log(`dist/site: ${built.size} pages`)
