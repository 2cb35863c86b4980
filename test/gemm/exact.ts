/** The error function in exact integer arithmetic: the oracle that the double-precision one is held against. */

const BITS = 300n
const ONE = 1n << BITS

// 2/√π to 60 decimals (OEIS A190732)
const TWO_OVER_SQRT_PI = (ONE * 1128379167095512573896158903121545171688101258657997713688171n) / 10n ** 60n

/** A double as a fixed-point number; exact, since a double is an integer times a power of two. */
function fixed(x: number): bigint {
  let shift = 0
  let scaled = x
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    shift++
  }
  return (BigInt(scaled) * ONE) >> BigInt(shift)
}

function toNumber(value: bigint): number {
  const sign = value < 0n ? -1 : 1
  const magnitude = value < 0n ? -value : value
  const drop = Math.max(0, magnitude.toString(2).length - 60)
  return sign * Number(magnitude >> BigInt(drop)) * 2 ** (drop - Number(BITS))
}

/** erf(x) = 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n+1)), summed until a term vanishes. */
function series(x: number): bigint {
  const square = (fixed(x) * fixed(x)) >> BITS
  let power = fixed(x) // x²ⁿ⁺¹ / n!
  let sum = 0n
  for (let n = 0n; power !== 0n && n < 10_000n; n++) {
    const term = power / (2n * n + 1n)
    sum += n % 2n === 0n ? term : -term
    power = ((power * square) >> BITS) / (n + 1n)
  }
  return (sum * TWO_OVER_SQRT_PI) >> BITS
}

export function exactErf(x: number): number {
  return toNumber(series(x))
}

/** 1 − erf(x); 60 decimals of 2/√π leave enough digits up to x = 8. */
export function exactErfc(x: number): number {
  return toNumber(ONE - series(x))
}
