/** The checksum of PNG chunks: CRC-32 of ISO 3309, a table of the 256 remainders. */

let remainders: Uint32Array | undefined

function tableOfRemainders(): Uint32Array {
  if (remainders === undefined) {
    remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
      let remainder = byte
      for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
      return remainder
    })
  }
  return remainders
}

export function crc32(bytes: Uint8Array): number {
  const table = tableOfRemainders()
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
