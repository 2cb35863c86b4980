/**
 * Messages of Protocol Buffers, as far as ONNX needs them (protobuf.dev/programming-guides/encoding). A message is a list of fields that know how many bytes
 * they take, so that all of a file is written once, into a buffer of its size: what is large, the values of parameters, is asked for when its turn has come.
 */

/** A field with its tag. */
export interface Field {
  readonly size: number
  write(to: Writer): void
}

/** Where the next byte goes. */
export interface Writer {
  readonly bytes: Uint8Array
  at: number
}

/** A whole number that is not negative. */
export function integer(field: number, value: number): Field {
  const tag = field * 8
  return {
    size: varintSize(tag) + varintSize(value),
    write(to) {
      varint(to, tag)
      varint(to, value)
    },
  }
}

/** A number of single precision. */
export function float(field: number, value: number): Field {
  const tag = field * 8 + 5
  return {
    size: varintSize(tag) + 4,
    write(to) {
      varint(to, tag)
      new DataView(to.bytes.buffer, to.at).setFloat32(0, value, true)
      to.at += 4
    },
  }
}

export function text(field: number, value: string): Field {
  const bytes = new TextEncoder().encode(value)
  return raw(field, bytes.length, () => bytes)
}

/** So many bytes, which are asked for when they are written. */
export function raw(field: number, size: number, read: () => ArrayBufferView): Field {
  return delimited(field, size, (to) => {
    const { buffer, byteOffset } = read()
    to.bytes.set(new Uint8Array(buffer, byteOffset, size), to.at)
    to.at += size
  })
}

export function message(field: number, fields: readonly Field[]): Field {
  return delimited(field, sizeOfFields(fields), (to) => {
    for (const one of fields) one.write(to)
  })
}

function delimited(field: number, size: number, write: (to: Writer) => void): Field {
  const tag = field * 8 + 2
  return {
    size: varintSize(tag) + varintSize(size) + size,
    write(to) {
      varint(to, tag)
      varint(to, size)
      write(to)
    },
  }
}

export function sizeOfFields(fields: readonly Field[]): number {
  return fields.reduce((sum, { size }) => sum + size, 0)
}

/** Seven bits a byte, the last ones first; a byte that is not the last has its eighth bit set. */
function varint(to: Writer, value: number): void {
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) to.bytes[to.at++] = (left % 128) | 128
  to.bytes[to.at++] = left
}

function varintSize(value: number): number {
  let size = 1
  for (let left = value; left >= 128; left /= 128) size++
  return size
}
