/** `npm run build`: the bundler by its function, since its command begins with a warning on the oldest Node that this package supports. */
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'

await build({ config: fileURLToPath(new URL('tsdown.config.ts', import.meta.url)), logLevel: 'warn' })
