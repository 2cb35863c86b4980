/** The pages of the documentation, in the order in which one reads them. */

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
  { name: 'types', title: 'Patterns in types', source: 'docs/types.md' },
  { name: 'from-einops', title: 'From einops', source: 'docs/from-einops.md' },
  { name: 'vit', title: 'The Vision Transformer', source: 'docs/vit.md' },
  { name: 'adapters', title: 'With other libraries', source: 'docs/adapters.md' },
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
  { name: 'api-adapters', title: 'tesserae/adapters', source: 'src/adapters.ts' },
] as const satisfies readonly Page[]

/** The frame around every page. */
export function frame(page: Page, body: string, all: readonly Page[]): string {
  const link = ({ name, title }: Page) =>
    `<li><a href="./${name}.html"${name === page.name ? ' aria-current="page"' : ''}>${title}</a></li>`
  const own = all.filter(({ name }) => !name.startsWith('api'))
  const api = all.filter(({ name }) => name.startsWith('api'))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${page.title} · tesserae</title>
<link rel="stylesheet" href="./style.css">
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header><a class="wordmark" href="./index.html"><span class="mark" aria-hidden="true"></span>tesserae</a></header>
<nav aria-label="Pages"><ul>${own.map(link).join('')}</ul><h2>Reference</h2><ul class="code">${api.map(link).join('')}</ul>
<h2>To play with</h2><ul><li><a href="./playground/index.html">Pattern playground</a></li><li><a href="./playground/vit.html">A ViT at work</a></li></ul></nav>
<main id="content">${body}</main>
</body>
</html>
`
}
