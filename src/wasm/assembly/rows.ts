/** c[i] = a[i] + b[i], i < n. */
export function add(c: usize, a: usize, b: usize, n: i32): void {
  const end = c + (<usize>n << 2)
  for (; c + 16 <= end; a += 16, b += 16, c += 16) v128.store(c, f32x4.add(v128.load(a), v128.load(b)))
  for (; c < end; a += 4, b += 4, c += 4) store<f32>(c, load<f32>(a) + load<f32>(b))
}
