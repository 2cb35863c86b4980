/** A worker of the pool that decodes pictures; what it made is handed over, not copied. */
import Tinypool from 'tinypool'
import { type Decoded, type Decoding, decodeFile } from './decode.node.ts'

export interface DecodeTask {
  readonly path: string
  readonly decoding: Decoding
}

/** One picture at a time, though the next tasks are here: several would only need more memory. */
let last: Promise<unknown> = Promise.resolve()

export default async function decode({ path, decoding }: DecodeTask): Promise<unknown> {
  const mine = last.then(() => decodeFile(path, decoding))
  last = mine.catch(() => {})
  return handedOver(await mine)
}

function handedOver(decoded: Decoded): unknown {
  if ('fault' in decoded) return decoded
  return Tinypool.move({
    [Tinypool.transferableSymbol]: [decoded.data.buffer],
    [Tinypool.valueSymbol]: decoded,
  } as never) // its types know of arrays alone
}
