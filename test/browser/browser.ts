/** Debian's Chromium without the habits that look for its makers' servers. `CHROMIUM` names another one. */
import { existsSync } from 'node:fs'
import { type BrowserContext, chromium } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export const hasBrowser = existsSync(executablePath)
if (!hasBrowser) console.log(`no browser at ${executablePath}: these tests are skipped`)

/** Starts Chromium with a profile of its own in an empty folder; `webgpu`: with a graphics card, emulated on the processor. */
export function openBrowser(profile: string, { webgpu = false } = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      ...(webgpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : ['--disable-gpu']),
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
