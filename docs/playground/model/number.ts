/** Numbers as people read them: in a cell of a few characters, in bytes, in seconds. */

/** At most five characters. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size >= 100_000) return value.toExponential(0).replace('e+', 'e')
  if (Number.isInteger(value)) return String(value)
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : 2
  return String(Number(value.toFixed(digits)))
}

/** `18.4 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let amount = count
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 ? amount : Number(amount.toPrecision(3))} ${units[unit]}`
}

/** `3.2 ms`. */
export function seconds(amount: number): string {
  const units: readonly (readonly [number, string])[] = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ]
  const [size, unit] = units.find(([least]) => amount >= least) ?? units.at(-1)!
  return `${Number((amount / size).toPrecision(2))} ${unit}`
}
