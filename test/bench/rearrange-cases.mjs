/**
 * Layouts of real programs, each with the loop that a good programmer would write for that one case in JavaScript.
 * Every contestant makes a new contiguous array.
 */

/** Allocates and fills by index, so that errors would show. */
function numbers(Kind, size) {
  const data = new Kind(size)
  for (let i = 0; i < size; i++) data[i] = i % 251
  return data
}

function patchesLoop(x, [b, c, height, width], s) {
  const y = new Float32Array(x.length)
  const h = height / s
  const w = width / s
  let to = 0
  for (let ib = 0; ib < b; ib++) {
    for (let ih = 0; ih < h; ih++) {
      for (let iw = 0; iw < w; iw++) {
        for (let i = 0; i < s; i++) {
          for (let j = 0; j < s; j++) {
            let from = ((ib * c * h + ih) * s + i) * width + iw * s + j
            for (let ic = 0; ic < c; ic++) {
              y[to++] = x[from]
              from += height * width
            }
          }
        }
      }
    }
  }
  return y
}

function planesLoop(x, y, size, channels) {
  for (let c = 0; c < channels; c++) {
    let from = c
    const end = (c + 1) * size
    for (let to = c * size; to < end; to++) {
      y[to] = x[from]
      from += channels
    }
  }
  return y
}

/** The same text again: V8 makes code for the array types that a function has met. */
function bytePlanesLoop(x, y, size, channels) {
  for (let c = 0; c < channels; c++) {
    let from = c
    const end = (c + 1) * size
    for (let to = c * size; to < end; to++) {
      y[to] = x[from]
      from += channels
    }
  }
  return y
}

function qkvLoop(x, n, heads, d) {
  const y = new Float32Array(x.length)
  let to = 0
  for (let part = 0; part < 3; part++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < n; i++) {
        const from = ((i * 3 + part) * heads + head) * d
        for (let j = 0; j < d; j++) y[to++] = x[from + j]
      }
    }
  }
  return y
}

function windowLoop(x, [b, height, width, c], s) {
  const y = new Float32Array(x.length)
  let to = 0
  for (let ib = 0; ib < b; ib++) {
    for (let h = 0; h < height; h += s) {
      for (let w = 0; w < width; w += s) {
        for (let i = 0; i < s; i++) {
          const from = ((ib * height + h + i) * width + w) * c
          y.set(x.subarray(from, from + s * c), to)
          to += s * c
        }
      }
    }
  }
  return y
}

function transposeLoop(x, rows, columns) {
  const y = new Float32Array(x.length)
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < rows; j++) y[i * rows + j] = x[j * columns + i]
  }
  return y
}

/**
 * `goal`: how many times faster than the hand-written loop. `einops`: at most how many times as long as einops on NumPy; null where
 * that is only shown. `split`, `order`, `result`: the same for libraries like NumPy: reshape, then transpose, then reshape.
 */
export const cases = [
  {
    name: 'patches [8, 3, 224, 224] f32',
    shape: [8, 3, 224, 224],
    data: numbers(Float32Array, 8 * 3 * 224 * 224),
    pattern: 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
    lengths: { s1: 16, s2: 16 },
    split: [8, 3, 14, 16, 14, 16],
    order: [0, 2, 4, 3, 5, 1],
    result: [8, 196, 768],
    goal: 1.8,
    einops: 1,
    loop: (x) => patchesLoop(x, [8, 3, 224, 224], 16),
  },
  {
    name: 'patches [1, 3, 224, 224] f32',
    shape: [1, 3, 224, 224],
    data: numbers(Float32Array, 3 * 224 * 224),
    pattern: 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
    lengths: { s1: 16, s2: 16 },
    split: [1, 3, 14, 16, 14, 16],
    order: [0, 2, 4, 3, 5, 1],
    result: [1, 196, 768],
    loop: (x) => patchesLoop(x, [1, 3, 224, 224], 16),
  },
  {
    name: 'HWC to CHW 1080p f32',
    shape: [1080, 1920, 3],
    data: numbers(Float32Array, 1080 * 1920 * 3),
    pattern: 'h w c -> c h w',
    lengths: {},
    split: [1080, 1920, 3],
    order: [2, 0, 1],
    result: [3, 1080, 1920],
    goal: 1.7,
    einops: 1.3,
    loop: (x) => planesLoop(x, new Float32Array(x.length), 1080 * 1920, 3),
  },
  {
    name: 'HWC to CHW 1080p u8',
    shape: [1080, 1920, 3],
    data: numbers(Uint8Array, 1080 * 1920 * 3),
    pattern: 'h w c -> c h w',
    lengths: {},
    split: [1080, 1920, 3],
    order: [2, 0, 1],
    result: [3, 1080, 1920],
    goal: 4,
    einops: 1.7,
    loop: (x) => bytePlanesLoop(x, new Uint8Array(x.length), 1080 * 1920, 3),
  },
  {
    name: 'qkv split [1, 197, 2304] f32',
    shape: [1, 197, 2304],
    data: numbers(Float32Array, 197 * 2304),
    pattern: 'b n (qkv h d) -> qkv b h n d',
    lengths: { qkv: 3, h: 12 },
    split: [1, 197, 3, 12, 64],
    order: [2, 0, 3, 1, 4],
    result: [3, 1, 12, 197, 64],
    goal: 3.5,
    einops: null,
    loop: (x) => qkvLoop(x, 197, 12, 64),
  },
  {
    name: 'windows of 7 [1, 56, 56, 96] f32',
    shape: [1, 56, 56, 96],
    data: numbers(Float32Array, 56 * 56 * 96),
    pattern: 'b (h i) (w j) c -> (b h w) i j c',
    lengths: { i: 7, j: 7 },
    split: [1, 8, 7, 8, 7, 96],
    order: [0, 1, 3, 2, 4, 5],
    result: [64, 7, 7, 96],
    goal: 1,
    einops: null,
    loop: (x) => windowLoop(x, [1, 56, 56, 96], 7),
  },
  {
    name: 'transpose [1024, 1024] f32',
    shape: [1024, 1024],
    data: numbers(Float32Array, 1024 * 1024),
    pattern: 'a b -> b a',
    lengths: {},
    split: [1024, 1024],
    order: [1, 0],
    result: [1024, 1024],
    loop: (x) => transposeLoop(x, 1024, 1024),
  },
]
