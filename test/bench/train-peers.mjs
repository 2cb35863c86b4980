/**
 * Document 1's digit ViT (width 100, 4 heads, 4 layers, hidden width 400, 16 patches and a class token) as other libraries write it: forward, gradients and a step of Adam on
 * 64 digits, as a function that makes one step. A library that is not installed is left out with a reason.
 */
import { createRequire, register } from 'node:module'

const require = createRequire(import.meta.url)

const [BATCH, TOKENS, WIDTH, HEADS, LAYERS, HIDDEN, CLASSES] = [64, 17, 100, 4, 4, 400, 10]
const EACH = WIDTH / HEADS

/** Names and shapes; products take their weights as [in, out]. */
function shapesOf() {
  const shapes = {
    ...{ patch: [49, WIDTH], patchBias: [WIDTH], token: [1, 1, WIDTH], positions: [1, TOKENS, WIDTH] },
    ...{ normWeight: [WIDTH], normBias: [WIDTH], head: [WIDTH, CLASSES], headBias: [CLASSES] },
  }
  for (let i = 0; i < LAYERS; i++) {
    Object.assign(shapes, {
      ...{ [`norm1Weight${i}`]: [WIDTH], [`norm1Bias${i}`]: [WIDTH], [`qkv${i}`]: [WIDTH, 3 * WIDTH] },
      ...{ [`qkvBias${i}`]: [3 * WIDTH], [`proj${i}`]: [WIDTH, WIDTH], [`projBias${i}`]: [WIDTH] },
      ...{ [`norm2Weight${i}`]: [WIDTH], [`norm2Bias${i}`]: [WIDTH], [`up${i}`]: [WIDTH, HIDDEN] },
      ...{ [`upBias${i}`]: [HIDDEN], [`down${i}`]: [HIDDEN, WIDTH], [`downBias${i}`]: [WIDTH] },
    })
  }
  return shapes
}

const valuesOf = (shape, seed) =>
  Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => 0.1 * Math.sin(i * 12.9898 + seed),
  )
const pixels = () => Float32Array.from({ length: BATCH * 784 }, (_, i) => Math.sin(i * 0.37))
const oneHot = () => {
  const rows = new Float32Array(BATCH * CLASSES)
  for (let i = 0; i < BATCH; i++) rows[i * CLASSES + (i % CLASSES)] = 1
  return rows
}

/** tfjs-core's gradients are registered by modules for bundlers only, which name each other without endings. */
async function registerGradients() {
  const withEndings = `export const resolve = (name, context, next) => next(name, context).catch((error) => {
    if (!name.startsWith('.')) throw error
    return next(name + '.js', context)
  })`
  register(`data:text/javascript,${encodeURIComponent(withEndings)}`)
  await import('@tensorflow/tfjs-core/dist/register_all_gradients.js')
}

const libraries = {
  async 'tfjs-wasm'() {
    const tf = require('@tensorflow/tfjs-core')
    require('@tensorflow/tfjs-backend-wasm')
    await tf.setBackend('wasm')
    await tf.ready()
    await registerGradients()
    const p = Object.fromEntries(
      Object.entries(shapesOf()).map(([name, shape], i) => [
        name,
        tf.variable(tf.tensor(valuesOf(shape, i), shape)),
      ]),
    )
    const linear = (x, weight, bias) => tf.add(tf.matMul(x, weight), bias)
    const norm = (x, weight, bias) => {
      const centred = tf.sub(x, tf.mean(x, -1, true))
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5))
      return tf.add(tf.mul(tf.mul(centred, factor), weight), bias)
    }
    // quick GELU: the backend has no error function
    const gelu = (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))
    const flat = (x) => tf.reshape(x, [BATCH * TOKENS, -1])
    const attend = (x, i) => {
      const qkv = tf.reshape(linear(x, p[`qkv${i}`], p[`qkvBias${i}`]), [BATCH, TOKENS, 3, HEADS, EACH])
      const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
      const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), EACH ** -0.5))
      return linear(flat(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3])), p[`proj${i}`], p[`projBias${i}`])
    }
    const images = tf.tensor(pixels(), [BATCH, 4, 7, 4, 7])
    const target = tf.tensor(oneHot(), [BATCH, CLASSES])
    const loss = () => {
      const patches = tf.reshape(tf.transpose(images, [0, 1, 3, 2, 4]), [BATCH * 16, 49])
      const tokens = tf.reshape(linear(patches, p.patch, p.patchBias), [BATCH, 16, WIDTH])
      const first = tf.add(tf.zeros([BATCH, 1, WIDTH]), p.token)
      let x = flat(tf.add(tf.concat([first, tokens], 1), p.positions))
      for (let i = 0; i < LAYERS; i++) {
        x = tf.add(x, attend(norm(x, p[`norm1Weight${i}`], p[`norm1Bias${i}`]), i))
        const inside = norm(x, p[`norm2Weight${i}`], p[`norm2Bias${i}`])
        const up = gelu(linear(inside, p[`up${i}`], p[`upBias${i}`]))
        x = tf.add(x, linear(up, p[`down${i}`], p[`downBias${i}`]))
      }
      const token = tf.reshape(
        tf.slice(tf.reshape(x, [BATCH, TOKENS, WIDTH]), [0, 0, 0], [BATCH, 1, WIDTH]),
        [BATCH, WIDTH],
      )
      const logits = linear(norm(token, p.normWeight, p.normBias), p.head, p.headBias)
      const all = tf.log(tf.sum(tf.exp(logits), -1))
      return tf.mean(tf.sub(all, tf.sum(tf.mul(logits, target), -1)))
    }
    const optimizer = tf.train.adam(1e-4)
    return () => {
      const value = optimizer.minimize(loss, true)
      value.dataSync()
      value.dispose()
    }
  },
  async 'jax-js'() {
    const { init, defaultDevice, numpy: np, nn, jit, valueAndGrad } = await import('@jax-js/jax')
    await init('wasm')
    defaultDevice('wasm')
    const shapes = shapesOf()
    const names = Object.keys(shapes)
    // an operation takes its arrays over unless it is given a reference
    const linear = (x, weight, bias) => np.add(np.matmul(x, weight.ref), bias.ref)
    const norm = (x, weight, bias) => {
      const centred = np.subtract(x.ref, np.mean(x, -1, { keepdims: true }))
      const variance = np.mean(np.multiply(centred.ref, centred.ref), -1, { keepdims: true })
      const factor = np.reciprocal(np.sqrt(np.add(variance, 1e-5)))
      return np.add(np.multiply(np.multiply(centred, factor), weight.ref), bias.ref)
    }
    const attend = (p, x, i) => {
      const qkv = np.reshape(linear(x, p[`qkv${i}`], p[`qkvBias${i}`]), [BATCH, TOKENS, 3, HEADS, EACH])
      const heads = np.transpose(qkv, [2, 0, 3, 1, 4])
      const [q, k, v] = np.split(heads, 3, 0).map((part) => np.reshape(part, [BATCH, HEADS, TOKENS, EACH]))
      const scores = np.multiply(np.matmul(q, np.transpose(k, [0, 1, 3, 2])), EACH ** -0.5)
      const found = np.matmul(nn.softmax(scores, -1), v)
      const merged = np.reshape(np.transpose(found, [0, 2, 1, 3]), [BATCH, TOKENS, WIDTH])
      return linear(merged, p[`proj${i}`], p[`projBias${i}`])
    }
    const loss = (p, images, target) => {
      const patches = np.reshape(np.transpose(images, [0, 1, 3, 2, 4]), [BATCH, 16, 49])
      const first = np.add(np.zeros([BATCH, 1, WIDTH]), p.token.ref)
      let x = np.add(np.concatenate([first, linear(patches, p.patch, p.patchBias)], 1), p.positions.ref)
      for (let i = 0; i < LAYERS; i++) {
        x = np.add(x.ref, attend(p, norm(x, p[`norm1Weight${i}`], p[`norm1Bias${i}`]), i))
        const inside = norm(x.ref, p[`norm2Weight${i}`], p[`norm2Bias${i}`])
        const up = nn.gelu(linear(inside, p[`up${i}`], p[`upBias${i}`]))
        x = np.add(x, linear(up, p[`down${i}`], p[`downBias${i}`]))
      }
      const token = np.reshape(np.split(x, [1], 1)[0], [BATCH, WIDTH])
      const logits = linear(norm(token, p.normWeight, p.normBias), p.head, p.headBias)
      return np.negative(np.divide(np.sum(np.multiply(nn.logSoftmax(logits, -1), target)), BATCH))
    }
    const [b1, b2, rate] = [0.9, 0.999, 1e-4]
    const step = jit((p, m, v, images, target) => {
      const [value, g] = valueAndGrad(loss)(p, images, target)
      const next = { p: {}, m: {}, v: {} }
      for (const name of names) {
        next.m[name] = np.add(np.multiply(m[name].ref, b1), np.multiply(g[name].ref, 1 - b1))
        next.v[name] = np.add(np.multiply(v[name].ref, b2), np.multiply(np.square(g[name].ref), 1 - b2))
        const root = np.add(np.sqrt(next.v[name].ref), 1e-8)
        next.p[name] = np.subtract(p[name].ref, np.divide(np.multiply(next.m[name].ref, rate), root))
      }
      return { value, ...next }
    })
    const arrays = (fill) =>
      Object.fromEntries(
        names.map((name, i) => [name, np.array(fill(shapes[name], i), { shape: shapes[name] })]),
      )
    const zeros = () => arrays((shape) => new Float32Array(shape.reduce((a, b) => a * b, 1)))
    let state = { p: arrays(valuesOf), m: zeros(), v: zeros() }
    const images = np.array(pixels(), { shape: [BATCH, 4, 7, 4, 7] })
    const target = np.array(oneHot(), { shape: [BATCH, CLASSES] })
    return () => {
      const { value, ...next } = step(state.p, state.m, state.v, images.ref, target.ref)
      state = next
      value.dataSync()
    }
  },
}

/** The steps of the libraries that work here, by name. */
export async function findTrainingPeers() {
  const peers = new Map()
  for (const [name, load] of Object.entries(libraries)) {
    try {
      const step = await load()
      step()
      peers.set(name, step)
    } catch (error) {
      console.error(`${name} is left out: ${String(error.message ?? error).split('\n')[0]}`)
    }
  }
  return peers
}
