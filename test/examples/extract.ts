/**
 * Finds every example a reader may copy: the `@example` of docstrings, the `ts` blocks of README and docs. What an
 * example promises is written in it and checked when it runs:
 *
 *     tokens.shape // [1, 196, 768]           the shape or value of the line's expression, or of the constant it declares
 *     parseShape(x, 'h w') // → { h: 2, w: 3 }    the same for what is no list of numbers
 *     console.log(plan)                       what is printed,
 *     // | b = 1                              line by line
 *
 * In docstrings the package's exports and `ndarray` are in scope without an import; elsewhere examples are complete.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Example {
  /** Where it stands: `src/ops/rearrange.ts:20`. */
  readonly place: string
  readonly code: string
  /** Whether the package's exports are in scope. */
  readonly docstring: boolean
}

export function findExamples(root: string): Example[] {
  const files = (folder: string, ending: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending) && !/node_modules|generated|assembly/.test(name))
      .sort()
      .map((name) => join(folder, name))
  const markdown = ['README.md', ...files('docs', '.md')]
  const sources = [...files('grammar', '.ts'), ...files('src', '.ts')]
  return [
    ...sources.flatMap((file) => docstringExamples(file, readFileSync(join(root, file), 'utf8'))),
    ...markdown.flatMap((file) => markdownExamples(file, readFileSync(join(root, file), 'utf8'))),
  ]
}

function docstringExamples(file: string, text: string): Example[] {
  const examples: Example[] = []
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const body = comment[0].slice(3, -2)
    for (const match of body.matchAll(/@example\b([\s\S]*?)(?=\n\s*\*\s*@[a-z]|$)/g)) {
      const code = match[1]!
        .split('\n')
        .map((line) => line.replace(/^\s*\* ?/, ''))
        .filter((line) => !line.startsWith('```'))
        .join('\n')
      const line = text.slice(0, comment.index + 3 + match.index).split('\n').length
      examples.push({ place: `${file}:${line}`, code, docstring: true })
    }
  }
  return examples
}

function markdownExamples(file: string, text: string): Example[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1]!,
    docstring: false,
  }))
}

/** The module that runs an example: promises become calls of `expectValue` and `expectPrinted`. */
export function toModule(example: Example, exported: ReadonlyMap<string, readonly string[]>): string {
  const lines: string[] = []
  const source = example.code.split('\n')
  for (let i = 0; i < source.length; i++) {
    const line = source[i]!
    const value = /^(.*\S)\s*\/\/ (?:→ (?=.))?((?<=→ ).*|\[[\d, ]*\])$/.exec(line)
    if (value !== null) {
      const [, statement, promise] = value
      const declared = /^\s*(?:const|let) (\w+)\b/.exec(statement!)?.[1]
      const printed = /^\s*console\.log\(/.test(statement!)
      if (printed) lines.push(statement!, `expectPrinted(${JSON.stringify(promise)})`)
      else if (declared !== undefined)
        lines.push(statement!, `expectValue(${declared}, ${JSON.stringify(promise)})`)
      else lines.push(`expectValue((${statement!.replace(/;$/, '')}), ${JSON.stringify(promise)})`)
      continue
    }
    lines.push(line)
    const promised: string[] = []
    while (source[i + 1]?.startsWith('// | ') || source[i + 1] === '// |')
      promised.push(source[++i]!.slice(5))
    if (promised.length > 0) lines.push(`expectPrinted(${JSON.stringify(promised.join('\n'))})`)
  }
  const body = lines.join('\n')
  return `${example.docstring ? importsFor(body, exported) : ''}const { expectValue, expectPrinted, console } = globalThis.exampleHarness()\n${body}\nexport {}\n`
}

function importsFor(body: string, exported: ReadonlyMap<string, readonly string[]>): string {
  const lines: string[] = []
  if (/\bndarray\(/.test(body) && !/import ndarray/.test(body)) lines.push(`import ndarray from 'ndarray'`)
  const taken = new Set(
    [...body.matchAll(/\bimport\s*{([^}]*)}/g)].flatMap((match) => match[1]!.split(/[,\s]+/)),
  )
  for (const [entry, names] of exported) {
    const used = names.filter((name) => !taken.has(name) && new RegExp(`\\b${name}\\b`).test(body))
    for (const name of used) taken.add(name)
    if (used.length > 0) lines.push(`import { ${used.join(', ')} } from '${entry}'`)
  }
  return lines.length > 0 ? `${lines.join('\n')}\n` : ''
}
