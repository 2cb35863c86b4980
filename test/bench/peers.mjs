/**
 * The same rearrangements by other libraries: each gets the data once, in its own kind of array, and returns a function
 * that makes a new contiguous array. A library that is not installed, or cannot do it here, is left out with a reason.
 */
import { createRequire } from 'node:module'
import ndarray from 'ndarray'

const require = createRequire(import.meta.url)

const libraries = {
  async 'ndarray-ops'() {
    const ops = require('ndarray-ops')
    return ({ data, split, order }) => {
      const view = ndarray(data, split).transpose(...order)
      return () => {
        const result = ndarray(new data.constructor(data.length), view.shape)
        ops.assign(result, view)
        return result
      }
    }
  },
  async 'tfjs-wasm'() {
    const tf = require('@tensorflow/tfjs-core')
    require('@tensorflow/tfjs-backend-wasm')
    await tf.setBackend('wasm')
    await tf.ready()
    return ({ data, shape, split, order, result }) => {
      // it has no bytes: they are 32-bit integers there
      const x = tf.tensor(data instanceof Uint8Array ? Int32Array.from(data) : data, shape)
      return () => tf.tidy(() => tf.reshape(tf.transpose(tf.reshape(x, split), order), result).dataSync())
    }
  },
  async 'numpy-ts'() {
    const np = await import('numpy-ts')
    return ({ data, split, order, result }) => {
      const x = np.array(data).reshape(...split)
      return () => np.ascontiguousarray(np.transpose(x, order)).reshape(...result)
    }
  },
  async 'jax-js'() {
    const { init, defaultDevice, numpy: np } = await import('@jax-js/jax')
    await init('wasm')
    defaultDevice('wasm')
    return ({ data, split, order, result }) => {
      if (data instanceof Uint8Array) return null
      const x = np.array(data, { shape: split })
      return () => np.reshape(np.transpose(x.ref, order), result).dataSync()
    }
  },
}

/** The libraries that work here: name to a function that prepares a case. */
export async function findPeers() {
  const peers = new Map()
  for (const [name, load] of Object.entries(libraries)) {
    try {
      peers.set(name, await load())
    } catch (error) {
      console.error(`${name} is left out: ${String(error.message ?? error).split('\n')[0]}`)
    }
  }
  return peers
}

/** A prepared job after a trial run, or null where the library cannot do the case. */
export function prepare(name, peer, one) {
  try {
    const job = peer(one)
    job?.()
    return job
  } catch (error) {
    console.error(`${name} does not do ${one.name}: ${String(error.message ?? error).split('\n')[0]}`)
    return null
  }
}
