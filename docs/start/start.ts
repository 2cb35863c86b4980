/**
 * `npm start`: ten handwritten digits from a picture to answers, every step of document 1's Vision Transformer shown.
 * `npm start -- photo.png`: document 4's patch embedding on a picture of yours.
 * Everything here is done as a user of the package would do it.
 */
import { parseArgs } from 'node:util'
import { readDigits } from './digits.ts'
import { embedPhoto } from './photo.ts'

const usage = 'usage: npm start -- [photo.png] [--weights digits.safetensors] [--out drawing.png]'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { weights: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) console.log(usage)
  else if (positionals.length > 1)
    throw new Error(`one picture is expected, got ${positionals.length}; ${usage}`)
  else if (positionals[0] !== undefined) await embedPhoto(positionals[0], { out: values.out })
  else await readDigits({ weights: values.weights, out: values.out })
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  console.error(`npm start: ${message.split('\n', 1)[0]}`)
  process.exitCode = 1
})
