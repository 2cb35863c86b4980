/** The pages of the documentation, in the order in which one reads them, and the frame around each. */

export interface Page {
  /** The file's name on the site, without `.html`. */
  readonly name: string
  readonly title: string
  /** Its source, from the repository's root; API pages are read off the sources instead. */
  readonly source: string
}

export const pages: readonly Page[] = [
  { name: 'index', title: 'Start', source: 'docs/index.md' },
  { name: 'language', title: 'The language', source: 'docs/language.md' },
  { name: 'arrays', title: 'Everyday arrays', source: 'docs/arrays.md' },
  { name: 'types', title: 'Patterns in types', source: 'docs/types.md' },
  { name: 'from-einops', title: 'From einops', source: 'docs/from-einops.md' },
  { name: 'vit', title: 'The Vision Transformer', source: 'docs/vit.md' },
  { name: 'eight-bits', title: 'Eight bits', source: 'docs/eight-bits.md' },
  { name: 'training', title: 'Learning', source: 'docs/training.md' },
  { name: 'webgpu', title: 'On the graphics card', source: 'docs/webgpu.md' },
  { name: 'pictures', title: 'Pictures', source: 'docs/pictures.md' },
  { name: 'folders', title: 'Folders of pictures', source: 'docs/folders.md' },
  { name: 'adapters', title: 'With other libraries', source: 'docs/adapters.md' },
  { name: 'deploy', title: 'Servers and phones', source: 'docs/deploy.md' },
  { name: 'examples', title: 'Examples', source: 'docs/examples' },
  { name: 'errors', title: 'Errors', source: 'docs/errors.md' },
  { name: 'architecture', title: 'How it works', source: 'docs/architecture.md' },
  { name: 'performance', title: 'Performance', source: 'docs/performance.md' },
  { name: 'contributing', title: 'Contributing', source: 'docs/contributing.md' },
  { name: 'changelog', title: 'Changes', source: 'docs/CHANGELOG.md' },
]

export const entries = [
  { name: 'api', title: 'tesserae', source: 'src/index.ts' },
  { name: 'api-nn', title: 'tesserae/nn', source: 'src/nn.ts' },
  { name: 'api-checkpoint', title: 'tesserae/checkpoint', source: 'src/checkpoint.ts' },
  { name: 'api-image', title: 'tesserae/image', source: 'src/image.ts' },
  { name: 'api-train', title: 'tesserae/train', source: 'src/train.ts' },
  { name: 'api-webgpu', title: 'tesserae/webgpu', source: 'src/webgpu.ts' },
  { name: 'api-onnx', title: 'tesserae/onnx', source: 'src/onnx.ts' },
  { name: 'api-adapters', title: 'tesserae/adapters', source: 'src/adapters.ts' },
] as const satisfies readonly Page[]

/** A heading of a page, for its outline and for the search. */
export interface Heading {
  readonly level: number
  readonly id: string
  /** As HTML, without links. */
  readonly title: string
}

/** The frame around every page. */
export function frame(page: Page, body: string, headings: readonly Heading[], all: readonly Page[]): string {
  const link = ({ name, title }: Page) =>
    `<li><a href="./${name}.html"${name === page.name ? ' aria-current="page"' : ''}>${title}</a></li>`
  const own = all.filter(({ name }) => !name.startsWith('api'))
  const api = all.filter(({ name }) => name.startsWith('api'))
  const here = all.findIndex(({ name }) => name === page.name)
  const beside = (other: Page | undefined, rel: 'prev' | 'next', word: string) =>
    other === undefined
      ? '<span></span>'
      : `<a rel="${rel}" href="./${other.name}.html"><small>${word}</small>${other.title}</a>`
  const outline = headings.filter(({ level }) => level === 2 || (level === 3 && headings.length < 40))
  const side =
    outline.length < 2
      ? ''
      : `<aside aria-label="On this page"><h2>On this page</h2><ul>${outline
          .map(({ level, id, title }) => `<li class="level-${level}"><a href="#${id}">${title}</a></li>`)
          .join('')}</ul></aside>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${page.title} · tesserae</title>
<link rel="icon" href="./icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./style.css">
<script type="module" src="./site.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header>
<button id="menu" type="button" aria-expanded="false" aria-controls="pages">Menu</button>
<a class="wordmark" href="./index.html"><img class="mark" src="./icon.svg" alt="" width="22" height="22">tesserae</a>
<div class="search" role="search"><input id="search" type="search" placeholder="Search" aria-label="Search the documentation" autocomplete="off" spellcheck="false" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list"><ul id="found" role="listbox" aria-label="Found" hidden></ul></div>
<a class="play" href="./playground/index.html">Playground</a>
<button class="quiet" id="theme" type="button">Dark</button>
</header>
<nav id="pages" aria-label="Pages"><ul>${own.map(link).join('')}</ul><h2>Reference</h2><ul class="code">${api.map(link).join('')}</ul>
<h2>To play with</h2><ul><li><a href="./playground/index.html">Pattern playground</a></li><li><a href="./playground/vit.html">A ViT at work</a></li><li><a href="./playground/teach.html">Teach it</a></li></ul></nav>
<main id="content" tabindex="-1">${body}
<footer class="turn">${beside(all[here - 1], 'prev', 'before')}${beside(all[here + 1], 'next', 'after')}</footer></main>
${side}
<p id="announcer" class="hidden" role="status"></p>
</body>
</html>
`
}
