/**
 * Packages that are used where the user has installed them and needed nowhere: found at run time, so that bundlers do not look
 * for them and nothing is loaded before it is used.
 */

interface NodeModule {
  createRequire(from: string): { (name: string): unknown; resolve(name: string): string }
}

function requireFrom(url: string) {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const module = process?.getBuiltinModule?.('node:module') as NodeModule | undefined
  return module?.createRequire(url)
}

/** Whether a package can be found from here. */
export function hasPeer(name: string): boolean {
  try {
    return requireFrom(import.meta.url)?.resolve(name) !== undefined
  } catch {
    return false
  }
}

/** The package, or undefined where it is not installed or does not load. */
export function loadPeer(name: string): unknown {
  try {
    return requireFrom(import.meta.url)?.(name)
  } catch {
    return undefined
  }
}
