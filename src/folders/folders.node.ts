/** Folders of pictures, where there are files. Reached as `#folders`, which package.json resolves by platform. */
export { type Decoders, decodedAhead, startDecoders } from './ahead.node.ts'
export type { Decoded, Decoding } from './decode.node.ts'
export { type Fault, type Listed, type Listing, listPictures, pathOf } from './list.node.ts'
