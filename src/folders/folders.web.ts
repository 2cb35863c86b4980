/** Folders of pictures, where there are none. */
import { EinopsError } from '../../grammar/error.ts'

function refuse(): never {
  throw new EinopsError({
    code: 'folder/none',
    operation: 'folderOf',
    what: 'there are no folders here — expected Node, where files have paths',
    hint: 'fit takes arrays, and batches from any iterable',
  })
}

export const listPictures = refuse
export const startDecoders = refuse
export const decodedAhead = refuse
export const pathOf = refuse
