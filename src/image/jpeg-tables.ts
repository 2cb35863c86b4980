/**
 * Tables of JPEG files: Huffman codes and quantisation factors (ITU T.81, annexes B.2.4 and K.3). A file without codes,
 * such as a frame of motion JPEG, is meant to have the standard's own.
 */
import { damaged } from './error.ts'

/** How many codes there are of each length 1 to 16, and what they stand for in their order. */
export interface HuffmanTable {
  readonly counts: Uint8Array
  readonly symbols: Uint8Array
}

export interface HuffmanTables {
  readonly dc: (HuffmanTable | undefined)[]
  readonly ac: (HuffmanTable | undefined)[]
}

/** Reads a DHT segment into the tables that there are. */
export function readHuffmanTables(content: Uint8Array, tables: HuffmanTables): void {
  for (let at = 0; at + 17 <= content.length; ) {
    const [kind, place] = [content[at]! >> 4, content[at]! & 15]
    const counts = content.slice(at + 1, at + 17)
    const size = counts.reduce((sum, count) => sum + count, 0)
    const symbols = content.slice(at + 17, at + 17 + size)
    if (kind > 1 || place > 3) throw damaged('JPEG', `there is no Huffman table ${place} of kind ${kind}`)
    if (symbols.length < size || size > 256 || isOverfull(counts))
      throw damaged('JPEG', 'a Huffman table is impossible')
    if (kind === 0 && symbols.some((symbol) => symbol > 15))
      throw damaged('JPEG', 'a Huffman table is impossible')
    tables[kind === 0 ? 'dc' : 'ac'][place] = { counts, symbols }
    at += 17 + size
  }
}

/** Whether there are more codes of some length than bits can tell apart. */
function isOverfull(counts: Uint8Array): boolean {
  let free = 1
  return counts.some((count) => {
    free = 2 * free - count
    return free < 0
  })
}

/** Reads a DQT segment: factors in zigzag order, of 8 or 16 bits. */
export function readQuantization(content: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < content.length; ) {
    const [isWide, place] = [content[at]! >> 4 !== 0, content[at]! & 15]
    at++
    const bytes = isWide ? 2 : 1
    if (at + 64 * bytes > content.length)
      throw damaged('JPEG', 'a table of quantisation factors is too short')
    const factors = Uint16Array.from({ length: 64 }, (_, i) =>
      isWide ? (content[at + 2 * i]! << 8) | content[at + 2 * i + 1]! : content[at + i]!,
    )
    tables.set(place, factors)
    at += 64 * bytes
  }
}

const bytesOf = (hexadecimal: string): Uint8Array =>
  Uint8Array.from(hexadecimal.match(/../g)!, (pair) => Number.parseInt(pair, 16))

const tableOf = (counts: string, symbols: string): HuffmanTable => ({
  counts: bytesOf(counts),
  symbols: bytesOf(symbols),
})

const DC = '000102030405060708090a0b'

/** The standard's codes for luminance and colour (tables K.3 to K.6). */
export const standardTables = (): HuffmanTables => ({
  dc: [tableOf('00010501010101010100000000000000', DC), tableOf('00030101010101010101010000000000', DC)],
  ac: [
    tableOf(
      '0002010303020403050504040000017d',
      '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
    ),
    tableOf(
      '00020102040403040705040400010277',
      '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
    ),
  ],
})
