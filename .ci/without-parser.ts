/** Puts the grammar's twin without a parser (grammar/compiled.ts) in its place, for the entry `tesserae/compiled`. */

interface Resolver {
  resolve(source: string, importer: string, options: { skipSelf: boolean }): Promise<{ id: string } | null>
}

export function withoutParser() {
  return {
    name: 'without-parser',
    async resolveId(this: Resolver, source: string, importer: string | undefined) {
      if (importer === undefined || !source.endsWith('grammar/index.ts')) return null
      const found = await this.resolve(source, importer, { skipSelf: true })
      return found && { ...found, id: found.id.replace(/index\.ts$/, 'compiled.ts') }
    },
  }
}
