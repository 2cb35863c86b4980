/** A folder of folders as classes, as torchvision's ImageFolder has it: each is called what its folder is called, in the order of the names. */
import type { Fault, Listed, Listing } from './list.node.ts'

/** A picture and the number of its class. */
export interface Labelled extends Listed {
  readonly label: number
}

export interface Classes {
  /** Those that have pictures. */
  readonly classes: readonly string[]
  readonly pictures: readonly Labelled[]
  /** What could not be listed, and pictures that stand in no class's folder. */
  readonly faults: readonly Fault[]
}

/** @param classes those that there are, where that is known: a picture in another folder is at fault then */
export function inClasses({ pictures, faults }: Listing, classes?: readonly string[]): Classes {
  const classOf = (name: string) => /^([^/]+)\//.exec(name)?.[1]
  const found = new Set(pictures.flatMap(({ name }) => classOf(name) ?? []))
  const names = classes ?? [...found].sort()
  const numbers = new Map(names.map((name, number) => [name, number]))
  const labelled: Labelled[] = []
  const outside: Fault[] = []
  for (const picture of pictures) {
    const [own, label] = [classOf(picture.name), numbers.get(classOf(picture.name) ?? '')]
    if (label !== undefined) labelled.push({ ...picture, label })
    else {
      const reason =
        own === undefined ? "stands in no class's folder" : `there is no class ${JSON.stringify(own)}`
      outside.push({ name: picture.name, reason })
    }
  }
  return { classes: names, pictures: labelled, faults: [...faults, ...outside] }
}
