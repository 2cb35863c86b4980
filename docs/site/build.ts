/**
 * `npm run build:docs`: the documentation as static pages in `dist/site`. Markdown is rendered by markdown-it; code is coloured,
 * tensors are drawn by the library itself, the reference is read off the sources. A link that leads nowhere ends the build.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'
import { type Documented, type Member, readApi } from './api.ts'
import { drawBlock } from './draw.ts'
import { axisColours, escapeHtml, highlight, pattern } from './highlight.ts'
import { entries, frame, type Heading, type Page, pages } from './pages.ts'

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

// a table that is broader than the page is scrolled by itself
markdown.renderer.rules['table_open'] = () =>
  '<div class="table" tabindex="0" role="group" aria-label="Table"><table>'
markdown.renderer.rules['table_close'] = () => '</table></div>'

/** Every heading links to itself, so that its address can be copied. */
function linkHeadings(html: string): { html: string; headings: Heading[] } {
  const headings: Heading[] = []
  const seen = new Map<string, number>()
  const linked = html.replace(
    /<(h[23]) id="([^"]*)">([\s\S]*?)<\/\1>/g,
    (_, tag: string, id: string, inside: string) => {
      const times = seen.get(id) ?? 0
      seen.set(id, times + 1)
      const own = times === 0 ? id : `${id}-${times + 1}`
      const title = inside.replace(/<span class="kind">.*?<\/span>|<a [^>]*>|<\/a>/g, '').trim()
      headings.push({ level: Number(tag[1]), id: own, title })
      return `<${tag} id="${own}">${inside} <a class="anchor" href="#${own}" aria-label="Link to this section">#</a></${tag}>`
    },
  )
  return { html: linked, headings }
}

/** What the search knows: every section of every page, as plain text. */
function sectionsOf(
  page: Page,
  html: string,
): { place: string; page: string; title: string; text: string }[] {
  const plain = (part: string) =>
    part
      .replace(/<svg[\s\S]*?<\/svg>|<a class="anchor"[\s\S]*?<\/a>|<[^>]*>/g, ' ')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .replace(/\s+/g, ' ')
      .trim()
  return html.split(/(?=<h[23] id=)/).map((part) => {
    const heading = /^<h[23] id="([^"]*)">([\s\S]*?)<\/h[23]>/.exec(part)
    const title = heading === null ? page.title : plain(heading[2]!)
    const place = `./${page.name}.html${heading === null ? '' : `#${heading[1]}`}`
    return {
      place,
      page: page.title,
      title,
      text: plain(part.replace(heading?.[0] ?? '', '')).slice(0, 4000),
    }
  })
}

/** Where each export is explained. */
type Places = ReadonlyMap<string, string>

function renderApi(title: string, documented: readonly Documented[], places: Places): string {
  const list = documented
    .filter(({ kind }) => kind !== 'type')
    .map(({ name }) => `<a href="#${name}">${name}</a>`)
    .join(' ')
  return `<h1>${title}</h1><p class="names">${list}</p>${documented.map((one) => renderEntry(one, places)).join('')}`
}

function renderEntry(documented: Documented, places: Places): string {
  const { name, kind, signature, text, params, returns, throws, see, examples, members, options } = documented
  const linked = (source: string) =>
    source.replace(/\{@link (\w+)[^}]*\}/g, (_, to: string) =>
      places.has(to) ? `[\`${to}\`](${places.get(to)})` : `\`${to}\``,
    )
  const prose = (source: string) => markdown.render(linked(source))
  const inline = (source: string) => markdown.renderInline(linked(source))
  const code = (source: string) => highlight(source, (word) => (word === name ? undefined : places.get(word)))
  const rows = [
    ...params.map((param) => `<dt><code>${param.name}</code></dt><dd>${inline(param.text)}</dd>`),
    ...(returns ? [`<dt>returns</dt><dd>${inline(returns)}</dd>`] : []),
    ...throws.map(
      (reason) => `<dt>throws</dt><dd>${inline(reason.replace(/^\{(\w+)\}/, '{@link $1}'))}</dd>`,
    ),
    ...(see ? [`<dt>after</dt><dd>${inline(see)}</dd>`] : []),
  ]
  const table = (list: readonly Member[]) =>
    `<dl class="members">${list
      .map(
        (one) =>
          `<dt id="${name}.${one.name}"><code>${code(one.signature)}</code></dt><dd>${inline(one.text)}</dd>`,
      )
      .join('')}</dl>`
  const own = options !== null && kind === 'class' ? table(options.fields) : ''
  const elsewhere =
    options !== null && kind === 'function' && places.has(options.type)
      ? `<p>Options: <a href="${places.get(options.type)}"><code>${options.type}</code></a></p>`
      : ''
  return `<section class="entry"><h2 id="${name}"><span class="kind">${kind}</span> ${name}</h2>
${prose(text)}
${rows.length > 0 ? `<dl>${rows.join('')}</dl>` : ''}${elsewhere}
${examples.map((one) => `<pre><code class="ts">${highlight(one)}</code></pre>`).join('')}
${own ? `<details open><summary>options</summary>${own}</details>` : ''}
${members.length > 0 ? `<details open><summary>${kind === 'class' ? 'methods and properties' : 'fields'}</summary>${table(members)}</details>` : ''}
<details><summary>declaration</summary><pre><code class="ts">${code(signature)}</code></pre></details></section>`
}

/** The programs of `docs/examples`, each with what its first comment says. */
function renderExamples(folder: string): string {
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.mjs'))
  const parts = files.map((name) => {
    const source = readFileSync(join(root, folder, name), 'utf8')
    const about = /^(?:#!.*\n)?((?:\/\/ ?.*\n)+)/.exec(source)?.[1] ?? ''
    const text = about.replace(/^\/\/ ?/gm, '').trim()
    const code = source.slice(source.indexOf(about) + about.length).trim()
    return `<h2 id="${slug(name)}">${name}</h2>${markdown.render(text)}<p class="run"><code>node docs/examples/${name}</code></p><pre><code class="js">${highlight(code)}</code></pre>`
  })
  return `<h1>Examples</h1><p>Complete programs to run; they import what is built, so <code>npm run build</code> first.</p>${parts.join('')}`
}

/** Links between the documents are written for readers of the repository: to pages they lead on, to its files they are only named. */
function relink(html: string, known: ReadonlySet<string>): string {
  return html.replace(
    /<a href="(?!https?:|#|\.\/)([^"#]*)(#[^"]*)?">(.*?)<\/a>/g,
    (whole, path, part = '', text) => {
      const source = join('docs', path).replace(/^docs\/docs\//, 'docs/')
      const page = pages.find((candidate) => candidate.source === source.replace(/\/$/, ''))
      if (page !== undefined && known.has(page.name))
        return `<a href="./${page.name}.html${part}">${text}</a>`
      const shown = /playground\/(vit|teach)\.html$/.exec(path)?.[1]
      if (shown !== undefined) return `<a href="./playground/${shown}.html">${text}</a>`
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
const sections: ReturnType<typeof sectionsOf> = []
const api = new Map(entries.map((entry) => [entry.name, readApi(root, entry.source)] as const))
const places = new Map<string, string>()
for (const [page, documented] of api) {
  for (const { name } of documented) if (!places.has(name)) places.set(name, `./${page}.html#${name}`)
}
for (const page of all) {
  const documented = api.get(page.name as (typeof entries)[number]['name'])
  const raw =
    documented !== undefined
      ? renderApi(page.title, documented, places)
      : page.name === 'examples'
        ? renderExamples(page.source)
        : markdown
            .render(readFileSync(join(root, page.source), 'utf8'))
            .replace(/<th[^>]*><\/th>/g, '<td></td>')
  const { html, headings } = linkHeadings(raw)
  sections.push(...sectionsOf(page, html))
  built.set(page.name, relink(frame(page, html, headings, all), known))
}
checkLinks(built)
for (const [name, html] of built) writeFileSync(join(out, `${name}.html`), html)
writeFileSync(
  join(out, 'style.css'),
  `${readFileSync(join(root, 'docs/site/style.css'), 'utf8')}\n${axisColours()}\n`,
)
writeFileSync(join(out, 'search.json'), JSON.stringify(sections.map((section, id) => ({ id, ...section }))))
copyFileSync(join(root, 'docs/playground/icon.svg'), join(out, 'icon.svg'))
copyFileSync(join(import.meta.dirname, 'site-client.js'), join(out, 'site.js'))
console.log(`dist/site: ${built.size} pages`)
