/**
 * Writes `docs/errors.md`: each mistake is run as the page shows it, and what it says stands above what einops said
 * when the same call was recorded.
 */
import ndarray from 'ndarray'
import * as tesserae from 'tesserae'
import * as nn from 'tesserae/nn'
import type { Case } from '../conformance/einops.ts'
import { callOf } from './call.ts'
import type { Chapter, Mistake } from './mistakes.ts'

const head = `# Errors

Every error says in its first sentence what is wrong, what it got and what was expected; then it shows the pattern with carets under the
place, the shape against the pattern, the lengths that were given, and a hint where there is one. For programs, an \`EinopsError\` has \`code\` (a stable name
of the kind of mistake), \`what\` (the first sentence), \`values\` (what it names: the axis, the dimension, got, expected), \`span\` (start and end in \`pattern\`),
\`operation\`, \`hint\` and, where one word or text is meant for another, \`fix: { from, to }\`. A \`CheckpointError\` and an \`ImageError\` have \`what\`, \`values\` and
\`fix\` too. Nothing was changed when it is thrown.

This page is made by running the calls that it shows. Under each answer stands that of einops 0.9 to the same call in Python. Its
messages repeat the pattern, the shape and the lengths in front, like this:

\`\`\`text
 Error while processing rearrange-reduction pattern "a a -> a".
 Input tensor shape: (2, 2). Additional info: {}.
 Indexing expression contains duplicate dimension "a"
\`\`\`

Below, an ellipsis stands for the first two lines.
`

/** The whole page. */
export function errorsPage(chapters: readonly Chapter[], recorded: readonly Case[]): string {
  const sections = chapters.map(({ title, mistakes }) =>
    [`## ${title}\n`, ...mistakes.map((mistake) => section(mistake, recorded))].join('\n'),
  )
  return [head, indexOf(chapters), ...sections].join('\n')
}

/** Every mistake by its title, chapter by chapter. */
function indexOf(chapters: readonly Chapter[]): string {
  const place = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
  const lines = chapters.map(({ title, mistakes }) => {
    const entries = mistakes.map((mistake) => `[${mistake.title}](#${place(mistake.title)})`)
    return `- **[${title}](#${place(title)})**: ${entries.join(' · ')}`
  })
  return `${lines.join('\n')}\n`
}

function section(mistake: Mistake, recorded: readonly Case[]): string {
  const one = 'vector' in mistake ? findCase(recorded, mistake.vector) : undefined
  const code = 'code' in mistake ? mistake.code : callOf(one!)
  const blocks = [`### ${mistake.title}`, fence('js', code), fence('text', messageOf(code))]
  if (one !== undefined) blocks.push('einops:', fence('text', shorten(one.error!)))
  return `${blocks.join('\n\n')}\n`
}

function findCase(recorded: readonly Case[], vector: number): Case {
  const id = `errors-s-${String(vector).padStart(3, '0')}`
  const found = recorded.find((one) => one.id === id)
  if (found?.error === undefined) throw new Error(`no recorded error ${id}`)
  return found
}

/** What the code says when it runs, which must be an error of ours. */
export function messageOf(code: string): string {
  const scope = { ndarray, ...tesserae, ...nn }
  const run = new Function(...Object.keys(scope), `'use strict'\n${code}`)
  try {
    run(...Object.values(scope))
  } catch (error) {
    if (error instanceof tesserae.EinopsError) return error.message
    throw error
  }
  throw new Error(`no error from\n${code}`)
}

/** einops' class and message, without the lines that repeat the call. */
function shorten({ class: name, message }: { readonly class: string; readonly message: string }): string {
  const repeated = /^ Error while (processing [^\n]*\n Input tensor (shape|is list)[^\n]*|preparing [^\n]*)\n/
  return `${name}: ${message.replace(repeated, '…')}`.trimEnd()
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}
