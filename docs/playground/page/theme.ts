/** Light or dark: the system's choice until the button is pressed; then it stays, here and on the documentation's pages. */
import type { Hue } from '../model/palette.ts'
import { byId } from './element.ts'

const system = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()
const key = 'tesserae-theme'

export function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme']
  return chosen === undefined ? system.matches : chosen === 'dark'
}

/** Calls `listener` when colours change. */
export function onTheme(listener: () => void): void {
  listeners.add(listener)
}

/** The tone of a hue that can be read on the page as it is now. */
export function toneOf({ light, dark }: Hue): string {
  return isDark() ? dark : light
}

/** A hue as CSS that follows the theme by itself. */
export function toneCss({ light, dark }: Hue): string {
  return `light-dark(${light}, ${dark})`
}

/** Makes the button of the header work. */
export function startTheme(): void {
  const button = byId('theme')
  choose(remembered())
  const show = () => {
    button.textContent = isDark() ? 'Light' : 'Dark'
    button.setAttribute('aria-label', `Switch to ${isDark() ? 'light' : 'dark'} colours`)
    for (const listener of listeners) listener()
  }
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark'
    choose(next)
    remember(next)
    show()
  })
  system.addEventListener('change', show)
  // another page of the same site may have changed it
  addEventListener('storage', (event) => {
    if (event.key !== key) return
    choose(remembered())
    show()
  })
  show()
}

function choose(theme: string | null): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
}

// storage can be forbidden; then the choice lasts as long as the page
function remembered(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(key, theme)
  } catch {}
}
