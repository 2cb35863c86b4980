/**
 * What views cost: products straight from strided views against the same products on operands that stand contiguous already. A ratio of 1
 * says that rearranging is free. Run after a build: `node test/bench/einsum-twins.mjs`.
 */
import ndarray from 'ndarray'
import { einsum } from '../../dist/index.js'
import { compete } from './timing.mjs'

function numbers(...shape) {
  const size = shape.reduce((n, length) => n * length, 1)
  return ndarray(
    Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 251) / 251 - 0.5),
    shape,
  )
}

/** A part of a fused qkv, [b, n, 3 h d], as [b, h, n, d]. */
function part(qkv, index, [b, h, n, d]) {
  return ndarray(qkv.data, [b, h, n, d], [n * 3 * h * d, d, 3 * h * d, 1], index * h * d)
}

function* pairs() {
  for (const b of [1, 8]) {
    const image = numbers(b, 3, 224, 224)
    const patches = numbers(b, 196, 768)
    const weight = numbers(768, 768)
    const out = numbers(b, 196, 768)
    yield {
      name: `patches of [${b}, 3, 224, 224]`,
      flops: 2 * b * 196 * 768 * 768,
      views: () =>
        einsum([image, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 16, s2: 16 }, { out }),
      contiguous: () => einsum([patches, weight], 'b n k, d k -> b n d', {}, { out }),
    }
  }
  for (const [b, h] of [
    [1, 3],
    [1, 12],
    [8, 12],
  ]) {
    const [n, d] = [197, 64]
    const qkv = numbers(b, n, 3 * h * d)
    const [q, k, v] = [0, 1, 2].map((index) => part(qkv, index, [b, h, n, d]))
    const [rows, columns] = [numbers(b, h, n, d), numbers(b, h, d, n)]
    const weights = numbers(b, h, n, n)
    const scores = numbers(b, h, n, n)
    const flops = 2 * b * h * n * n * d
    yield {
      name: `q·kᵀ of ${b} × ${h} heads`,
      flops,
      views: () => einsum([q, k], 'b h n d, b h m d -> b h n m', {}, { out: scores }),
      contiguous: () => einsum([rows, columns], 'b h n d, b h d m -> b h n m', {}, { out: scores }),
    }
    const merged = numbers(b, n, h * d)
    const apart = numbers(b, h, n, d)
    yield {
      name: `weights·v, merged, of ${b} × ${h} heads`,
      flops,
      views: () => einsum([weights, v], 'b h n m, b h m d -> b n (h d)', {}, { out: merged }),
      contiguous: () => einsum([weights, rows], 'b h n m, b h m d -> b h n d', {}, { out: apart }),
    }
  }
}

for (const { name, flops, views, contiguous } of pairs()) {
  const times = compete({ views, contiguous }, { milliseconds: 1500, rounds: 15 })
  const ratio = (kind) => (times.views[kind] / times.contiguous[kind]).toFixed(3)
  const rate = (flops / times.views.best / 1e6).toFixed(1)
  console.log(
    `${name.padEnd(36)} ${times.views.best.toFixed(2).padStart(8)} ms  ${rate.padStart(6)} GFLOP/s  views / contiguous: best ${ratio('best')}, median ${ratio('median')}`,
  )
}
