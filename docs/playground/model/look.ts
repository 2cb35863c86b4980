/** Reading attention weights and embeddings: rows of maps, similarities, probabilities. */

/** Attention weights of one layer, [heads, n, n], in row-major order. */
export interface AttentionMap {
  readonly weights: Float32Array
  readonly heads: number
  readonly tokens: number
}

/** Where token `query` looks: the weight of each token, of one head or of the mean of all. */
export function rowOf(
  { weights, heads, tokens }: AttentionMap,
  query: number,
  head: number | 'mean',
): Float32Array {
  if (head !== 'mean') {
    const start = (head * tokens + query) * tokens
    return weights.slice(start, start + tokens)
  }
  const mean = new Float32Array(tokens)
  for (let one = 0; one < heads; one++) {
    for (let i = 0; i < tokens; i++) mean[i]! += weights[(one * tokens + query) * tokens + i]! / heads
  }
  return mean
}

/** The cosine of the angle between row `query` and every row of [n, d]. */
export function similarities(rows: Float32Array, width: number, query: number): Float32Array {
  const count = rows.length / width
  const row = (i: number) => rows.subarray(i * width, (i + 1) * width)
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const mine = row(query)
  const length = Math.sqrt(dot(mine, mine))
  return Float32Array.from({ length: count }, (_, i) => {
    const other = row(i)
    const both = length * Math.sqrt(dot(other, other))
    return both === 0 ? 0 : dot(mine, other) / both
  })
}

/** Softmax in double precision. */
export function probabilities(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits)
  const largest = Math.max(...values)
  const powers = values.map((value) => Math.exp(value - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** The `count` largest, with their places, the largest first. */
export function largest(values: readonly number[], count: number): { index: number; value: number }[] {
  return values
    .map((value, index) => ({ index, value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count)
}
