/**
 * The error function and its complement in double precision, for the exact GELU. JavaScript has neither.
 * Rational Chebyshev approximations on three intervals: W. J. Cody, "Rational Chebyshev Approximations for the Error
 * Function", Mathematics of Computation 23 (1969), 631–637, tables II to IV; highest degree of each, rounded to
 * doubles. The tests hold them against the power series in exact arithmetic.
 */

// erf(x) = x · R(x²) for |x| ≤ 0.46875; coefficients from the lowest power up
const smallNumerator = [
  3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315,
]
const smallDenominator = [2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1]

// erfc(x) = exp(−x²) · R(x) for 0.46875 < x ≤ 4
const middleNumerator = [
  1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001,
  66.11919063714163, 8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
]
const middleDenominator = [
  1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
  537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
]

// erfc(x) = exp(−x²) / x · (1/√π + R(1/x²) / x²) for x > 4
const largeNumerator = [
  -0.0006587491615298378, -0.016083785148742275, -0.12578172611122926, -0.36034489994980445,
  -0.30532663496123236, -0.016315387137302097,
]
const largeDenominator = [
  0.0023352049762686918, 0.06051834131244132, 0.5279051029514285, 1.8729528499234604, 2.568520192289822, 1,
]

const ONE_OVER_SQRT_PI = 0.5641895835477563

/** erf(x) = 2/√π ∫₀ˣ exp(−t²) dt, to about two units in the last place. */
export function erf(x: number): number {
  if (Math.abs(x) <= 0.46875) return smallErf(x)
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
}

/** 1 − erf(x), which keeps its relative precision where erf(x) is almost 1. */
export function erfc(x: number): number {
  const a = Math.abs(x)
  if (a <= 0.46875) return 1 - smallErf(x)
  const tail = a <= 4 ? middleErfc(a) : largeErfc(a)
  return x > 0 ? tail : 2 - tail
}

function smallErf(x: number): number {
  const y = x * x
  return (x * polynomial(smallNumerator, y)) / polynomial(smallDenominator, y)
}

function middleErfc(x: number): number {
  return (expOfMinusSquare(x) * polynomial(middleNumerator, x)) / polynomial(middleDenominator, x)
}

function largeErfc(x: number): number {
  if (x > 27) return 0 // less than the smallest double
  const z = 1 / (x * x)
  const correction = (z * polynomial(largeNumerator, z)) / polynomial(largeDenominator, z)
  return (expOfMinusSquare(x) * (ONE_OVER_SQRT_PI + correction)) / x
}

/** exp(−x²) with x² in two parts, because rounding x² to a double costs up to x² units in the last place. */
function expOfMinusSquare(x: number): number {
  const head = Math.trunc(x * 16) / 16 // its square is exact
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head))
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!
  return sum
}
