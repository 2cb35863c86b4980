/**
 * timm's VisionTransformer written a second time, from timm's source, with matrices of plain numbers and nothing of this
 * package: what its options mean, to compare the model with.
 */
import type { NdArray } from 'ndarray'
import type { VisionTransformerOptions } from 'tesserae/nn'
import { exactErf } from '../gemm/exact.ts'

type Matrix = number[][]
type State = Readonly<Record<string, NdArray>>

/** The logits of every image, in double precision. */
export function referenceLogits(state: State, options: VisionTransformerOptions, images: NdArray): Matrix {
  return Array.from({ length: images.shape[0]! }, (_, b) => new Reference(state, options).run(images.pick(b)))
}

class Reference {
  readonly #state: State
  readonly #options: VisionTransformerOptions

  constructor(state: State, options: VisionTransformerOptions) {
    this.#state = state
    this.#options = options
  }

  /** Image [c, h, w] to logits. */
  run(image: NdArray): number[] {
    const { depth = 12, globalPool = 'token', poolIncludePrefix = false } = this.#options
    let x = this.#norm('norm_pre', this.#tokens(image))
    for (let i = 0; i < depth; i++) x = this.#block(`blocks.${i}.`, x)
    x = this.#norm('norm', x)
    const counted = poolIncludePrefix ? x : x.slice(this.#prefix().length)
    const columns = counted[0]!.map((_, d) => counted.map((token) => token[d]!))
    const mean = columns.map((values) => values.reduce((a, b) => a + b) / values.length)
    const most = columns.map((values) => Math.max(...values))
    const pooled = {
      token: () => x[0]!,
      avg: () => mean,
      max: () => most,
      avgmax: () => mean.map((value, d) => (value + most[d]!) / 2),
      'token+avg': () => [...x[0]!, ...mean],
      map: () => this.#attentionPool(counted),
      '': () => x.flat(),
    }[globalPool]()
    return this.#linear('head', this.#norm('fc_norm', [pooled]))[0]!
  }

  #tokens(image: NdArray): Matrix {
    const { noEmbedClass = false } = this.#options
    const patches = this.#norm('patch_embed.norm', this.#patches(image))
    const positions = this.#table('pos_embed')
    const prefix = this.#prefix()
    if (positions === undefined) return [...prefix, ...patches]
    return noEmbedClass ? [...prefix, ...sum(patches, positions)] : sum([...prefix, ...patches], positions)
  }

  #prefix(): Matrix {
    return [...(this.#table('cls_token') ?? []), ...(this.#table('reg_token') ?? [])]
  }

  #patches(image: NdArray): Matrix {
    const weight = this.#state['patch_embed.proj.weight']!
    const bias = this.#state['patch_embed.proj.bias']
    const [d, c, s1, s2] = weight.shape as [number, number, number, number]
    const tokens: Matrix = []
    for (let y = 0; y + s1 <= image.shape[1]!; y += s1) {
      for (let x = 0; x + s2 <= image.shape[2]!; x += s2) {
        tokens.push(
          Array.from({ length: d }, (_, o) => {
            let total = bias?.get(o) ?? 0
            for (let k = 0; k < c; k++)
              for (let i = 0; i < s1; i++)
                for (let j = 0; j < s2; j++) total += weight.get(o, k, i, j) * image.get(k, y + i, x + j)
            return total
          }),
        )
      }
    }
    return tokens
  }

  #block(at: string, x: Matrix): Matrix {
    const y = sum(
      x,
      this.#scaled(`${at}ls1.gamma`, this.#attention(`${at}attn.`, this.#norm(`${at}norm1`, x))),
    )
    return sum(y, this.#scaled(`${at}ls2.gamma`, this.#mlp(`${at}mlp.`, this.#norm(`${at}norm2`, y))))
  }

  #attention(at: string, x: Matrix): Matrix {
    const qkv = this.#linear(`${at}qkv`, x)
    const inner = qkv[0]!.length / 3
    const part = (third: number) => qkv.map((row) => row.slice(third * inner, (third + 1) * inner))
    return this.#linear(`${at}proj`, this.#norm(`${at}norm`, this.#heads(at, part(0), part(1), part(2))))
  }

  /** Softmax(q kᵀ / √d) v of each head, side by side. */
  #heads(at: string, q: Matrix, k: Matrix, v: Matrix): Matrix {
    const { numHeads = 12 } = this.#options
    const width = q[0]!.length / numHeads
    const head = (x: Matrix, h: number) => x.map((row) => row.slice(h * width, (h + 1) * width))
    const merged: Matrix = q.map(() => [])
    for (let h = 0; h < numHeads; h++) {
      const keys = this.#norm(`${at}k_norm`, head(k, h))
      const values = head(v, h)
      for (const [n, query] of this.#norm(`${at}q_norm`, head(q, h)).entries()) {
        const exps = keys.map((key) => Math.exp(dot(query, key) / Math.sqrt(width)))
        const total = exps.reduce((a, b) => a + b)
        for (let d = 0; d < width; d++)
          merged[n]!.push(exps.reduce((s, e, m) => s + e * values[m]![d]!, 0) / total)
      }
    }
    return merged
  }

  #mlp(at: string, x: Matrix): Matrix {
    const { actLayer = 'gelu', mlpLayer = 'Mlp' } = this.#options
    const act = activations[actLayer]
    const whole = mlpLayer === 'SwiGLU' ? [] : this.#linear(`${at}fc1`, x)
    const halves = (row: number[]) => [row.slice(0, row.length / 2), row.slice(row.length / 2)] as const
    const hidden = {
      Mlp: () => whole.map((row) => row.map(act)),
      GluMlp: () => whole.map(halves).map(([value, gate]) => value.map((z, i) => z * act(gate[i]!))),
      SwiGLUPacked: () => whole.map(halves).map(([gate, value]) => value.map((z, i) => z * act(gate[i]!))),
      SwiGLU: () => {
        const values = this.#linear(`${at}fc1_x`, x)
        return this.#linear(`${at}fc1_g`, x).map((row, n) => row.map((z, i) => act(z) * values[n]![i]!))
      },
    }[mlpLayer]()
    return this.#linear(`${at}fc2`, this.#norm(`${at}norm`, hidden))
  }

  #attentionPool(x: Matrix): number[] {
    const kv = this.#linear('attn_pool.kv', x)
    const width = kv[0]!.length / 2
    const [k, v] = [kv.map((row) => row.slice(0, width)), kv.map((row) => row.slice(width))]
    const q = this.#linear('attn_pool.q', this.#table('attn_pool.latent')!)
    const y = this.#linear('attn_pool.proj', this.#heads('attn_pool.', q, k, v))
    const { actLayer = 'gelu' } = this.#options
    const hidden = this.#linear('attn_pool.mlp.fc1', this.#norm('attn_pool.norm', y))
    const fed = this.#linear(
      'attn_pool.mlp.fc2',
      hidden.map((row) => row.map(activations[actLayer])),
    )
    return sum(y, fed)[0]!
  }

  /** A norm with these parameters; nothing where there are none. */
  #norm(name: string, x: Matrix): Matrix {
    const weight = this.#state[`${name}.weight`]
    const bias = this.#state[`${name}.bias`]
    if (weight === undefined) return x
    return x.map((row) => {
      const mean = bias === undefined ? 0 : row.reduce((a, b) => a + b) / row.length
      const variance = row.reduce((s, value) => s + (value - mean) ** 2, 0) / row.length
      return row.map((value, d) => {
        return ((value - mean) / Math.sqrt(variance + 1e-6)) * weight.get(d) + (bias?.get(d) ?? 0)
      })
    })
  }

  #linear(name: string, x: Matrix): Matrix {
    const weight = this.#state[`${name}.weight`]
    const bias = this.#state[`${name}.bias`]
    if (weight === undefined) return x
    const [out, into] = weight.shape as [number, number]
    const rows = Array.from({ length: out }, (_, o) =>
      Array.from({ length: into }, (_, i) => weight.get(o, i)),
    )
    return x.map((row) => rows.map((w, o) => dot(w, row) + (bias?.get(o) ?? 0)))
  }

  #scaled(name: string, x: Matrix): Matrix {
    const gamma = this.#state[name]
    return gamma === undefined ? x : x.map((row) => row.map((value, d) => value * gamma.get(d)))
  }

  /** Tokens or positions [1, n, d]. */
  #table(name: string): Matrix | undefined {
    const table = this.#state[name]
    if (table === undefined) return undefined
    const [, n, d] = table.shape as [number, number, number]
    return Array.from({ length: n }, (_, i) => Array.from({ length: d }, (_, j) => table.get(0, i, j)))
  }
}

const activations = {
  gelu: (x: number) => 0.5 * x * (1 + exactErf(x * Math.SQRT1_2)),
  'gelu-tanh': (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x: number) => Math.max(x, 0),
  silu: (x: number) => x / (1 + Math.exp(-x)),
  'quick-gelu': (x: number) => x / (1 + Math.exp(-1.702 * x)),
}

function sum(a: Matrix, b: Matrix): Matrix {
  return a.map((row, n) => row.map((value, d) => value + b[n]![d]!))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, i) => total + value * b[i]!, 0)
}
