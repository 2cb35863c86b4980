/** The configurations that Hugging Face's hub keeps in a checkpoint's folder. */
import { besides, openFile } from '#file'
import type { SafetensorsFile } from '../checkpoint/tensor-file.ts'
import type { UrlLike } from '../layout/platform.ts'
import { ownIn } from './own.ts'

const names = ['config.json', 'preprocessor_config.json', 'open_clip_config.json']
/** A configuration has a few kilobytes; what is longer is none. */
const LONGEST = 2 ** 20

/** What is said about a model, as texts by name: an open file's metadata and, where it has a path, the configurations in its folder. A file of this library's own says everything itself. */
export async function textsAbout(
  file: SafetensorsFile,
  path: string | UrlLike | undefined,
): Promise<Record<string, string>> {
  const isAlone = path === undefined || ownIn(file.metadata) !== undefined
  return { ...file.metadata, ...(!isAlone && (await configurationsBeside(path))) }
}

/** The texts of those that are there, by name. */
async function configurationsBeside(path: string | UrlLike): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const name of names) {
    const text = await textOf(besides(path, name))
    if (text !== undefined) texts[name] = text
  }
  return texts
}

async function textOf(path: string): Promise<string | undefined> {
  const file = await openFile(path).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    return file.size > LONGEST ? undefined : new TextDecoder().decode(await file.read(0, file.size))
  } catch {
    return undefined // what cannot be read tells nothing
  } finally {
    await file.close()
  }
}
