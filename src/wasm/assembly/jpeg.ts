/**
 * Decoding JPEG pictures: Huffman codes, the inverse cosine transform to blocks of 8, 4, 2 or 1 samples a side, colours
 * stored at less resolution, and colour. Numbers are libjpeg's, bit for bit (jdhuff.c, jdphuff.c, jidctint.c, jidctred.c,
 * jdsample.c, jdcolor.c of libjpeg-turbo), and so is what happens on data that are not as they should be. The caller
 * (src/image/jpeg-decoder.ts) knows the file and lays out the memory; 16 bytes behind any row may be read and written.
 * Compiled without SIMD too, from which the build writes JavaScript for where there is no WebAssembly: the same numbers.
 */
import { interleave, transform1, transform2, transform4, transform8 } from './shared/transform'

/** A component, as the caller writes it. */
@unmanaged
class Component {
  /** Blocks of it in an MCU of the scan. */
  columns: i32
  rows: i32
  /** Samples along a side of its blocks: 8, 4, 2 or 1. */
  size: i32
  /** Its coefficients, if they are kept: blocks in a row, bytes from block to block (128, or 2: only the first is kept). */
  blocks: i32
  step: i32
  coefficients: usize
  /** Factors, 64 in natural order. */
  factors: usize
  /** Codes. */
  dc: usize
  ac: usize
  /** The last block's first coefficient. */
  previous: i32
  /** Where the samples of a row of MCUs go, and how far the next row of samples is. */
  samples: usize
  stride: i32
  /** How many samples of a row count. */
  width: i32
  /** How many columns and rows of the picture share a sample, as fractions. */
  across: i32
  acrossOf: i32
  down: i32
  downOf: i32
  /** Whether they are interpolated between samples, or repeated. */
  smooth: i32
  /** A row of the picture made of it, and twice as many bytes for sums between; 16 bytes before it are its own too. */
  line: usize
  sums: usize
}

const COMPONENT: usize = offsetof<Component>()

@inline
function component(list: usize, i: i32): Component { return changetype<Component>(list + <usize>i * COMPONENT) }

/** Twice the place of the coefficients in their block, in zigzag order; what runs over the end falls on the last. */
const ZIGZAG = memory.data<u8>([
  0, 2, 16, 32, 18, 4, 6, 20, 34, 48, 64, 50, 36, 22, 8, 10, 24, 38, 52, 66, 80, 96, 82, 68, 54, 40, 26, 12, 14, 28, 42, 56,
  70, 84, 98, 112, 114, 100, 86, 72, 58, 44, 30, 46, 60, 74, 88, 102, 116, 118, 104, 90, 76, 62, 78, 92, 106, 120, 122, 108, 94, 110, 124, 126,
  126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126,
])

/** A block that is decoded and transformed at once. */
const BLOCK = memory.data(128, 16)

// ── Bits ──

/** What comes next, the first bit at the top; how many bits of it are there; the bytes behind them. */
let bits: u64 = 0, count: i32 = 0, at: usize = 0, end: usize = 0

/** Whether the data of this interval have run out: then its blocks are empty. */
let short: bool = false

/** MCUs between restarts, and to the next; the number that it has; bits that are set for blocks to come. */
let interval: i32 = 0, left: i32 = 0, number: i32 = 0, empty: i32 = 0

/** What was wrong: 1 data ran out, 2 no such code, 4 a restart at another place, 8 there are more data. */
let wrong: i32 = 0

/** Begins a scan. */
export function begin(from: usize, to: usize, restarts: i32): void {
  at = from
  end = to
  bits = 0
  count = 0
  short = false
  interval = restarts
  left = restarts
  number = 0
  empty = 0
}

/** Ends a scan and says what was wrong with it. */
export function faults(): i32 {
  const was = at < end || count >= 8 ? wrong | 8 : wrong
  wrong = 0
  return was
}

/** Bytes one by one, up to a marker: 0xFF 0x00 stands for 0xFF, and any number of 0xFF may stand before a marker. */
function refill(): void {
  if (count < 0) runOut()
  while (count <= 56 && at < end) {
    const byte = load<u8>(at)
    if (byte == 0xff) {
      let next = at + 1
      while (next < end && load<u8>(next) == 0xff) next++
      if (next >= end || load<u8>(next) != 0) return
      at = next
    }
    at++
    bits |= <u64>byte << (56 - count)
    count += 8
  }
}

/** Zeros follow. */
function runOut(): void {
  short = true
  wrong |= 1
  bits = 0
  count = 0
}

@inline
function need(): void {
  if (count >= 32) return
  const word = load<u64>(at, 0, 1)
  if (at + 8 > end || ((~word - 0x0101010101010101) & word & 0x8080808080808080) != 0) {
    refill()
    return
  }
  bits |= bswap<u64>(word) >> count
  at += (63 - count) >> 3
  count |= 56
}

@inline
function take(n: i32): i32 {
  const value = <i32>(bits >> 32 >> (32 - n))
  bits <<= n
  count -= n
  return value
}

/** A number of n bits, of which the lower half of the numbers are negative. */
@inline
function signed(n: i32): i32 {
  const value = take(n)
  return value < 1 << (n - 1) ? value - (1 << n) + 1 : value
}

/** The next interval begins: as libjpeg does, the marker is looked for, and one at a wrong place weighed (jdmarker.c, jpeg_resync_to_restart). */
function restart(list: usize, parts: i32): void {
  if (count >= 8) wrong |= 4
  bits = 0
  count = 0
  for (let i = 0; i < parts; i++) component(list, i).previous = 0
  empty = 0
  left = interval
  const wanted = number
  number = (number + 1) & 7
  for (let from = at; ; ) {
    while (from < end && load<u8>(from) != 0xff) from++
    let next = from
    while (next < end && load<u8>(next) == 0xff) next++
    if (next >= end) {
      at = end
      return
    }
    const code = <i32>load<u8>(next)
    if (code < 0xc0) {
      from = next + 1
      continue
    }
    if (from != at || code != 0xd0 + wanted) wrong |= 4
    const ahead = (code - 0xd0 - wanted) & 7
    if (code < 0xd0 || code > 0xd7 || ahead == 1 || ahead == 2) {
      at = from // it stands for a later place: until then there are no data
      return
    }
    at = next + 1
    if (ahead != 6 && ahead != 7) {
      short = false
      return
    }
    from = at // an earlier one: the wanted one may still come
  }
}

// ── Codes ──

/**
 * A table of codes: what the next 10 bits say (bits 0–6: how many to take; bit 7: what follows is a symbol, in bits 8–15; else bits 8–15 zeros and
 * then the number in bits 16–31; 0: the code is longer), then the largest code of each length and what to add to find its symbol.
 */
const LOOK = 10
const LARGEST: usize = 4 << LOOK
const SHIFT: usize = LARGEST + 72
const SYMBOLS: usize = SHIFT + 72

/** Makes a table of the counts of codes of 1 to 16 bits and their symbols. */
export function prepare(table: usize, counts: usize, symbols: usize): void {
  memory.fill(table, 0, LARGEST)
  memory.copy(table + SYMBOLS, symbols, 256)
  let code = 0, at = 0
  for (let length = 1; length <= 16; length++) {
    const n = <i32>load<u8>(counts + length - 1)
    store<i32>(table + SHIFT + (<usize>length << 2), at - code)
    for (let i = 0; i < n; i++, code++, at++) {
      if (length > LOOK) continue
      const symbol = <i32>load<u8>(symbols + at), size = symbol & 15, free = LOOK - length
      for (let rest = 0; rest < 1 << free; rest++) {
        let entry = (symbol << 8) | 0x80 | length
        if (size > 0 && size <= free) {
          let value = rest >> (free - size)
          if (value < 1 << (size - 1)) value -= (1 << size) - 1
          entry = (value << 16) | ((symbol >> 4) << 8) | (length + size)
        }
        store<i32>(table + (<usize>((code << free) | rest) << 2), entry)
      }
    }
    store<i32>(table + LARGEST + (<usize>length << 2), n > 0 ? code - 1 : -1)
    code <<= 1
  }
}

/** A symbol whose code is longer than what is looked up; 0 where there is no such code. */
function longSymbol(table: usize): i32 {
  for (let length = LOOK + 1; length <= 16; length++) {
    const code = <i32>(bits >> (64 - length))
    if (code <= load<i32>(table + LARGEST + (<usize>length << 2))) {
      take(length)
      return load<u8>(table + SYMBOLS + <usize>((code + load<i32>(table + SHIFT + (<usize>length << 2))) & 255))
    }
  }
  take(17)
  wrong |= 2
  return 0
}

/** The next symbol of a table whose entries may hold numbers too. */
@inline
function symbolOf(table: usize): i32 {
  const entry = load<i32>(table + (<usize>(bits >> (64 - LOOK)) << 2))
  if (entry == 0) return longSymbol(table)
  if (entry & 0x80) {
    take(entry & 0x7f)
    return (entry >> 8) & 255
  }
  // the entry has the number already: the size of it is that of its magnitude
  const value = entry >> 16, size = 32 - clz(value < 0 ? -value : value)
  take((entry & 0x7f) - size)
  return (((entry >> 8) & 255) << 4) | size
}

// ── Blocks ──

/** A whole block, its other coefficients 0 before; answers with the place of the last one in zigzag order. */
function sequential(c: Component, block: usize): i32 {
  need()
  const size = symbolOf(c.dc) & 15
  if (size > 0) c.previous += signed(size)
  store<i16>(block, <i16>c.previous)
  const table = c.ac
  let last = 0
  for (let k = 1; k < 64; ) {
    need()
    const entry = load<i32>(table + (<usize>(bits >> (64 - LOOK)) << 2))
    if (<u32>((entry & 0xff) - 1) < 0x7f) {
      const n = entry & 0x7f
      bits <<= n
      count -= n
      k += (entry >> 8) & 255
      store<i16>(block + load<u8>(ZIGZAG + k), <i16>(entry >> 16))
      last = k++
      continue
    }
    let symbol: i32
    if (entry != 0) {
      take(entry & 0x7f)
      symbol = (entry >> 8) & 255
    } else symbol = longSymbol(table)
    const n = symbol & 15
    k += symbol >> 4
    if (n == 0) {
      if (symbol != 0xf0) break
      k++
      continue
    }
    store<i16>(block + load<u8>(ZIGZAG + k), <i16>signed(n))
    last = k++
  }
  return last
}

/** Only the first coefficient of a block; the others are passed over. */
function sequentialFirst(c: Component): void {
  need()
  const size = symbolOf(c.dc) & 15
  if (size > 0) c.previous += signed(size)
  const table = c.ac
  for (let k = 1; k < 64; k++) {
    need()
    const entry = load<i32>(table + (<usize>(bits >> (64 - LOOK)) << 2))
    if (<u32>((entry & 0xff) - 1) < 0x7f) {
      const n = entry & 0x7f
      bits <<= n
      count -= n
      k += (entry >> 8) & 255
      continue
    }
    let symbol: i32
    if (entry != 0) {
      take(entry & 0x7f)
      symbol = (entry >> 8) & 255
    } else symbol = longSymbol(table)
    if (symbol == 0) break
    const n = symbol & 15
    if (n == 0 && symbol != 0xf0) break
    k += symbol >> 4
    take(n)
  }
}

/** The first coefficient, to its bit `low`. */
function firstOfDc(c: Component, block: usize, low: i32): void {
  need()
  const size = symbolOf(c.dc) & 15
  if (size > 0) c.previous += signed(size)
  store<i16>(block, <i16>(c.previous << low))
}

/** One bit more of the first coefficient. */
function refineDc(block: usize, low: i32): void {
  need()
  if (take(1)) store<i16>(block, <i16>(<i32>load<i16>(block) | (1 << low)))
}

/** Coefficients from `first` to `last`, to their bit `low`. */
function firstOfAc(c: Component, block: usize, first: i32, last: i32, low: i32): void {
  if (empty > 0) {
    empty--
    return
  }
  const table = c.ac
  for (let k = first; k <= last; k++) {
    need()
    const symbol = symbolOf(table), n = symbol & 15, run = symbol >> 4
    if (n > 0) {
      k += run
      store<i16>(block + load<u8>(ZIGZAG + k), <i16>(signed(n) << low))
    } else if (run == 15) k += 15
    else {
      empty = (1 << run) - 1
      if (run > 0) empty += take(run)
      break
    }
  }
}

/** One bit more of the coefficients that are not 0, and those that become so (jdphuff.c, decode_mcu_AC_refine). */
function refineAc(c: Component, block: usize, first: i32, last: i32, low: i32): void {
  const plus = 1 << low, minus = -1 << low
  let k = first
  if (empty == 0) {
    for (; k <= last; k++) {
      need()
      const symbol = symbolOf(c.ac)
      let run = symbol >> 4, value = 0
      if ((symbol & 15) != 0) {
        if ((symbol & 15) != 1) wrong |= 2
        value = take(1) ? plus : minus
      } else if (run != 15) {
        empty = 1 << run
        if (run > 0) empty += take(run)
        break
      }
      for (; k <= last; k++) {
        const place = block + load<u8>(ZIGZAG + k), known = <i32>load<i16>(place)
        if (known != 0) refine(place, known, plus, minus)
        else if (--run < 0) break
      }
      if (value != 0) store<i16>(block + load<u8>(ZIGZAG + k), <i16>value)
    }
  }
  if (empty > 0) {
    for (; k <= last; k++) {
      const place = block + load<u8>(ZIGZAG + k), known = <i32>load<i16>(place)
      if (known != 0) refine(place, known, plus, minus)
    }
    empty--
  }
}

@inline
function refine(place: usize, known: i32, plus: i32, minus: i32): void {
  need()
  if (take(1) && (known & plus) == 0) store<i16>(place, <i16>(known + (known >= 0 ? plus : minus)))
}

// ── Rows of MCUs ──

/** What a scan gives: all of each block, transformed at once or kept; or a part of it. */
const AT_ONCE = 0, WHOLE = 1, FIRST_DC = 2, REFINE_DC = 3, FIRST_AC = 4, REFINE_AC = 5

/** Decodes MCUs `row * mcus` to `row * mcus + mcus` of a scan. */
export function decode(list: usize, parts: i32, kind: i32, row: i32, mcus: i32, first: i32, last: i32, low: i32): void {
  for (let mcu = 0; mcu < mcus; mcu++) {
    if (interval > 0 && left-- == 0) {
      restart(list, parts)
      left--
    }
    const isEmpty = short // an MCU in which the data run out is decoded to its end
    for (let i = 0; i < parts; i++) {
      const c = component(list, i)
      for (let y = 0; y < c.rows; y++) {
        for (let x = 0; x < c.columns; x++) {
          const column = mcu * c.columns + x
          if (kind == AT_ONCE) decodeAtOnce(c, c.samples + <usize>(y * c.size * c.stride + column * c.size), isEmpty)
          else if (!isEmpty) {
            const block = c.coefficients + <usize>((row * c.rows + y) * c.blocks + column) * c.step
            decodeKept(c, block, kind, first, last, low)
          }
        }
      }
    }
    if (count < 0) runOut()
  }
}

function decodeAtOnce(c: Component, target: usize, isEmpty: bool): void {
  const size = c.size
  if (size == 1) {
    if (!isEmpty) sequentialFirst(c)
    transform1(isEmpty ? 0 : c.previous, c.factors, target)
    return
  }
  memory.fill(BLOCK, 0, 128)
  const last = isEmpty ? 0 : sequential(c, BLOCK)
  transform(BLOCK, last, c.factors, target, c.stride, size)
}

function decodeKept(c: Component, block: usize, kind: i32, first: i32, last: i32, low: i32): void {
  if (kind == FIRST_AC) firstOfAc(c, block, first, last, low)
  else if (kind == REFINE_AC) refineAc(c, block, first, last, low)
  else if (kind == FIRST_DC) firstOfDc(c, block, low)
  else if (kind == REFINE_DC) refineDc(block, low)
  else if (c.step == 2) {
    sequentialFirst(c)
    store<i16>(block, <i16>c.previous)
  } else sequential(c, block)
}

/** Transforms a row of blocks that were kept. */
export function transformRow(list: usize, i: i32, row: i32, target: usize): void {
  const c = component(list, i), size = c.size
  let block = c.coefficients + <usize>(row * c.blocks) * c.step
  for (let x = 0; x < c.blocks; x++, block += c.step, target += size) {
    if (size == 1) transform1(load<i16>(block), c.factors, target)
    else transform(block, 63, c.factors, target, c.stride, size)
  }
}

function transform(block: usize, last: i32, factors: usize, target: usize, stride: i32, size: i32): void {
  if (last == 0) flat(block, factors, target, stride, size)
  else if (size == 8) transform8(block, factors, target, stride)
  else if (size == 4) transform4(block, factors, target, stride)
  else transform2(block, factors, target, stride)
}

/** A block of one value. */
function flat(block: usize, factors: usize, target: usize, stride: i32, size: i32): void {
  transform1(load<i16>(block), factors, target)
  const value = load<u8>(target)
  for (let y = 0; y < size; y++, target += stride) {
    if (size == 8) store<u64>(target, <u64>value * 0x0101010101010101, 0, 1)
    else if (size == 4) store<u32>(target, <u32>value * 0x01010101, 0, 1)
    else store<u16>(target, <u16>value * 0x0101, 0, 1)
  }
}

// ── Rows of the picture ──

/** What the components are: grey; Y, Cb, Cr; red, green, blue; inks; Y, Cb, Cr and black. */
const GREY = 0, YCC = 1, COLORS = 2, INKS = 3, YCC_AND_BLACK = 4

/** Makes `rows` rows of the picture of the samples: grey, or RGB. Rows `-1` and beyond the last of the samples have to be there too. */
export function draw(list: usize, parts: i32, kind: i32, rows: i32, width: i32, target: usize): void {
  for (let y = 0; y < rows; y++) {
    const a = lineOf(component(list, 0), y, width)
    if (kind == GREY) {
      memory.copy(target, a, width)
      target += width
      continue
    }
    const b = lineOf(component(list, 1), y, width), c = lineOf(component(list, 2), y, width)
    if (kind == YCC) convert(a, b, c, width, target)
    else if (kind == COLORS) interleaveRow(a, b, c, width, target)
    else {
      const black = lineOf(component(list, 3), y, width)
      if (kind == YCC_AND_BLACK) convert(a, b, c, width, target)
      else interleaveRow(a, b, c, width, target)
      print(target, black, width, kind == YCC_AND_BLACK)
    }
    target += 3 * width
  }
}

/** Row `y` of the picture of one component. */
function lineOf(c: Component, y: i32, width: i32): usize {
  const across = c.across, down = c.down
  const near = c.samples + <usize>(y * c.downOf / down * c.stride)
  if (across == c.acrossOf && down == c.downOf) return near
  if (c.smooth == 0) {
    for (let x = 0; x < width; x++) store<u8>(c.line + x, load<u8>(near + x * c.acrossOf / across))
    return c.line
  }
  const far = y & 1 ? near + c.stride : near - c.stride
  if (across == 1) {
    tall(c.line, near, far, width, y & 1 ? 2 : 1)
    return c.line
  }
  const n = c.width, sums = c.sums
  sum(sums, near, down == 1 ? near : far, n, down == 1)
  store<u16>(sums - 2, load<u16>(sums))
  store<u16>(sums + (n << 1), load<u16>(sums + (n << 1) - 2))
  widen(c.line, sums, n, down == 1 ? 2 : 4, down == 1 ? 1 : 8, down == 1 ? 2 : 7)
  return c.line
}

/** Half as many rows: the nearer counts three times, the farther once. */
function tall(line: usize, near: usize, far: usize, width: i32, half: i16): void {
  if (ASC_FEATURE_SIMD) {
    for (let x = 0; x < width; x += 8) {
      const sum = i16x8.shr_u(i16x8.add(weighted(near + x, far + x), i16x8.splat(half)), 2)
      v128.store64_lane(line + x, i8x16.narrow_i16x8_u(sum, sum), 0)
    }
  } else for (let x = 0; x < width; x++) store<u8>(line + x, (3 * <i32>load<u8>(near + x) + <i32>load<u8>(far + x) + half) >> 2)
}

/** Sums of a row and the farther one, or the row alone. */
function sum(sums: usize, near: usize, far: usize, n: i32, isAlone: bool): void {
  if (ASC_FEATURE_SIMD) {
    for (let x = 0; x < n; x += 8) v128.store(sums + (x << 1), isAlone ? v128.load8x8_u(near + x) : weighted(near + x, far + x))
  } else {
    for (let x = 0; x < n; x++) {
      const one = <i32>load<u8>(near + x)
      store<u16>(sums + (x << 1), <u16>(isAlone ? one : 3 * one + <i32>load<u8>(far + x)))
    }
  }
}

/** 3·near + far. */
@inline
function weighted(near: usize, far: usize): v128 {
  return i16x8.add(i16x8.mul(v128.load8x8_u(near), i16x8.splat(3)), v128.load8x8_u(far))
}

/** Twice as many columns: of each sum the nearer counts three times, the farther once. */
function widen(line: usize, sums: usize, n: i32, shift: i32, left: i32, right: i32): void {
  if (ASC_FEATURE_SIMD) {
    const even = i16x8.splat(<i16>left), odd = i16x8.splat(<i16>right), three = i16x8.splat(3)
    for (let x = 0; x < n; x += 8, sums += 16, line += 16) {
      const near = i16x8.mul(v128.load(sums), three)
      const before = i16x8.shr_u(i16x8.add(i16x8.add(near, v128.load(sums - 2)), even), shift)
      const after = i16x8.shr_u(i16x8.add(i16x8.add(near, v128.load(sums + 2)), odd), shift)
      v128.store(line, v128.or(before, i16x8.shl(after, 8)))
    }
  } else {
    for (let x = 0; x < n; x++, sums += 2, line += 2) {
      const near = 3 * <i32>load<u16>(sums)
      store<u8>(line, <u8>((near + <i32>load<u16>(sums - 2) + left) >> shift))
      store<u8>(line, <u8>((near + <i32>load<u16>(sums, 2) + right) >> shift), 1)
    }
  }
}

/** Y, Cb, Cr as red, green, blue: 1.402·Cr, −0.344136·Cb − 0.714136·Cr and 1.772·Cb are added, with 16 bits after the point. */
function convert(y: usize, cb: usize, cr: usize, width: i32, target: usize): void {
  if (!ASC_FEATURE_SIMD) {
    convertPlainly(y, cb, cr, width, target)
    return
  }
  for (let x = 0; x < width; x += 16, y += 16, cb += 16, cr += 16, target += 48) {
    const luma = v128.load(y), half = i8x16.splat(-128)
    const blue = v128.xor(v128.load(cb), half), red = v128.xor(v128.load(cr), half)
    const b0 = i16x8.extend_low_i8x16_s(blue), b1 = i16x8.extend_high_i8x16_s(blue)
    const r0 = i16x8.extend_low_i8x16_s(red), r1 = i16x8.extend_high_i8x16_s(red)
    const y0 = i16x8.extend_low_i8x16_u(luma), y1 = i16x8.extend_high_i8x16_u(luma)
    interleave(
      i8x16.narrow_i16x8_u(redOf(y0, r0), redOf(y1, r1)),
      i8x16.narrow_i16x8_u(greenOf(y0, b0, r0), greenOf(y1, b1, r1)),
      i8x16.narrow_i16x8_u(blueOf(y0, b0), blueOf(y1, b1)),
      target,
    )
  }
}

function convertPlainly(y: usize, cb: usize, cr: usize, width: i32, target: usize): void {
  for (let x = 0; x < width; x++, target += 3) {
    const luma = <i32>load<u8>(y + x), blue = <i32>load<u8>(cb + x) - 128, red = <i32>load<u8>(cr + x) - 128
    store<u8>(target, byteOf(luma + red + ((26345 * red + 32768) >> 16)))
    store<u8>(target, byteOf(luma - red + ((-22554 * blue + 18734 * red + 32768) >> 16)), 1)
    store<u8>(target, byteOf(luma + 2 * blue + ((-14942 * blue + 32768) >> 16)), 2)
  }
}

@inline
function byteOf(value: i32): u8 { return <u8>min(255, max(0, value)) }

@inline
function redOf(y: v128, r: v128): v128 { return i16x8.add(i16x8.add(y, r), scaled(r, i16x8.splat(2), 26345, 16384, 0)) }

@inline
function greenOf(y: v128, b: v128, r: v128): v128 { return i16x8.add(i16x8.sub(y, r), scaled(b, r, -22554, 18734, 32768)) }

@inline
function blueOf(y: v128, b: v128): v128 {
  return i16x8.add(i16x8.add(y, i16x8.shl(b, 1)), scaled(b, i16x8.splat(2), -14942, 16384, 0))
}

/** (a·m + b·n + more) >> 16 */
@inline
function scaled(a: v128, b: v128, m: i16, n: i16, more: i32): v128 {
  const factors = i16x8(m, n, m, n, m, n, m, n), rest = i32x4.splat(more)
  const low = i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), factors)
  const high = i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), factors)
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, rest), 16), i32x4.shr_s(i32x4.add(high, rest), 16))
}

function interleaveRow(r: usize, g: usize, b: usize, width: i32, target: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let x = 0; x < width; x += 16, target += 48) {
      interleave(v128.load(r + x), v128.load(g + x), v128.load(b + x), target)
    }
  } else {
    for (let x = 0; x < width; x++, target += 3) {
      store<u8>(target, load<u8>(r + x))
      store<u8>(target, load<u8>(g + x), 1)
      store<u8>(target, load<u8>(b + x), 2)
    }
  }
}

/** Inks, stored as what they leave of white, as colours: what black leaves less what each ink takes of that (Pillow's Convert.c). */
function print(target: usize, black: usize, width: i32, isInk: bool): void {
  for (let x = 0; x < width; x++, target += 3) {
    const k = <i32>load<u8>(black + x)
    for (let i = 0; i < 3; i++) {
      const value = <i32>load<u8>(target + i), ink = isInk ? value : 255 - value, product = ink * k + 128
      store<u8>(target + i, <u8>max(0, k - ((product + (product >> 8)) >> 8)))
    }
  }
}
