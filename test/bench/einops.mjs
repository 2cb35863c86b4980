/**
 * The same rearrangements by einops on NumPy, in a Python process: the interpreter that the environment variable PYTHON
 * names, or python3. Where that has no einops or no NumPy, the comparison is left out with a line that says so.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compete } from './timing.mjs'

const script = fileURLToPath(new URL('einops-case.py', import.meta.url))
const python = process.env.PYTHON || 'python3'
const milliseconds = 400

/** Whether this machine can run einops on NumPy; says why not. */
export function findEinops() {
  const { status, error, stderr } = spawnSync(python, ['-c', 'import einops, numpy'], { encoding: 'utf8' })
  if (status === 0) return true
  const reason = error?.message ?? stderr.trim().split('\n').at(-1)
  console.error(`einops on NumPy is left out: ${reason} (PYTHON names another interpreter)`)
  return false
}

/**
 * Milliseconds of einops and, right after it, of `ours`, each alone on the machine: what runs in another process cannot take
 * turns within a round.
 */
export function againstEinops({ name, shape, data, pattern, lengths }, ours) {
  const dtype = data instanceof Uint8Array ? 'uint8' : 'float32'
  const input = JSON.stringify({ shape, dtype, pattern, lengths, milliseconds })
  const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`einops on ${name}: ${stderr}`)
  const { best, median, sample } = JSON.parse(stdout)
  const got = ours().data
  const step = Math.max(1, Math.floor(got.length / 100))
  for (const [i, value] of sample.entries()) {
    if (got[i * step] !== value)
      throw new Error(`${name}: element ${i * step} is ${got[i * step]}, einops has ${value}`)
  }
  const { tesserae } = compete({ tesserae: ours }, { milliseconds })
  return { 'einops on NumPy': { best, median }, 'tesserae after it': tesserae }
}
