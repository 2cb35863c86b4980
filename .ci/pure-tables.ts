/**
 * Our modules compute tables when they are loaded (kinds of options, names, caches), and nothing else: a bundler has to be told so, or a
 * program that uses one layer keeps the tables of all, and the layers that are named in them. Each table is marked as pure, in what was
 * built, since minifying forgets such marks.
 */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

interface Statement extends Node {
  readonly declarations?: readonly { readonly id: Node; readonly init: Node | null }[]
}

interface Chunk {
  readonly type: string
  readonly fileName: string
  code: string
}

interface Context {
  parse(code: string): unknown
}

export function pureTables() {
  return {
    name: 'pure-tables',
    generateBundle(this: Context, _options: unknown, bundle: Readonly<Record<string, Chunk>>) {
      for (const chunk of Object.values(bundle)) {
        // declarations of types have nothing to compute
        if (chunk.type !== 'chunk' || !chunk.fileName.endsWith('.js')) continue
        const isOurs = ours(chunk.code)
        let marked = chunk.code
        for (const { start, end } of tablesOf(this.parse(chunk.code)).filter(isOurs).reverse()) {
          if (marked.slice(0, start).endsWith('@__PURE__ */ ')) continue
          const table = `/* @__PURE__ */ (() => (${marked.slice(start, end)}))()`
          marked = marked.slice(0, start) + table + marked.slice(end)
        }
        chunk.code = marked
      }
    },
  }
}

/** What variables of a module are computed from, in its order. */
function tablesOf(program: unknown): Node[] {
  return (program as { body: readonly Statement[] }).body.flatMap(({ declarations = [] }) =>
    declarations.flatMap(({ init }) => (init !== null && isComputed(init) ? [init] : [])),
  )
}

/** Whether an expression reads, calls or adds anything before it is a value. */
function isComputed(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  const { type = '', arguments: values } = node as Node & { readonly arguments?: readonly unknown[] }
  if (/Function|Class/.test(type) || (type === 'NewExpression' && values!.length === 0)) return false
  return /^(Binary|Call|New|Member|Spread)/.test(type) || Object.values(node).some(isComputed)
}

/** Whether a place is in a module of ours: modules of packages stand in regions that name them. */
function ours(code: string): (node: Node) => boolean {
  const foreign = [
    ...code.matchAll(/^\/\/#region \S*(?:node_modules|\.ci|rolldown\/runtime)[\s\S]*?^\/\/#endregion/gm),
  ]
  return ({ start }) => !foreign.some(({ 0: text, index }) => start >= index && start < index + text.length)
}
