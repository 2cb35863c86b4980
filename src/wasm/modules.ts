/**
 * Modules that were compiled elsewhere: some runtimes run only WebAssembly that was deployed with the program. Each file of
 * `tesserae/wasm` says in a section of its own which module of which version it is, since kernels of another one would compute nonsense.
 */
import { EinopsError } from '../../grammar/error.ts'
import { tagOf } from '../layout/data.ts'
import { show } from '../layout/show.ts'
import { handed, type ModuleName, moduleNames } from './capabilities.ts'
import { version } from './generated/version.ts'

/** Compiled modules by name, as far as they are needed: `copy` and `fold` for the language, `product` and `rows` for products and models. */
export type Modules = { readonly [Name in ModuleName]?: object | undefined }

/**
 * Takes modules over, all or none.
 *
 * @throws {EinopsError} for what is no module of this version of the library
 */
export function handOver(modules: Modules): void {
  if (modules === null || tagOf(modules) !== 'Object') {
    throw bad('modules', show(modules), `an object of ${moduleNames.join(', ')}`)
  }
  const read = Object.entries(modules)
    .filter(([, module]) => module !== undefined)
    .map(([name, module]) => {
      if (!moduleNames.includes(name as ModuleName)) throw bad('modules', `'${name}'`, moduleNames.join(', '))
      if (tagOf(module) !== 'WebAssembly.Module')
        throw bad(`modules.${name}`, show(module), 'a WebAssembly.Module')
      const [section] = WebAssembly.Module.customSections(module as WebAssembly.Module, 'tesserae')
      const [own, form, made] = new TextDecoder().decode(section).split(' ')
      if (own !== name || made !== version) {
        const got =
          own === '' ? "another library's" : `${own}.wasm of ${made === version ? 'this' : 'another'} version`
        throw bad(`modules.${name}`, got, `${name}.wasm of this version`)
      }
      return [
        name as ModuleName,
        { module: module as WebAssembly.Module, isRelaxed: form === 'relaxed' },
      ] as const
    })
  for (const [name, module] of read) handed.set(name, module)
}

function bad(option: string, got: string, expected: string): EinopsError {
  const what = `bad option '${option}' — got ${got}, expected ${expected}`
  return new EinopsError({ code: 'init/modules', operation: 'init', what })
}
