/** The pattern page as a person uses it. */
import { describe, expect, test } from 'vitest'
import { gallery } from '../../../docs/playground/model/gallery.ts'
import { coloursOf, complaints, desktop, loaded, overflow, type Page, phone, useSite, visit } from './site.ts'

useSite()

const pattern = '#pattern'
const patchify = 'index.html#rearrange?p=b+c+(h+s1)+(w+s2)+-%3E+b+(h+w)+(s1+s2+c)&x=1,3,4,6&n=s1:2,s2:2'

const numbers = 'index.html#rearrange?p=h+w+-%3E+h+w&x=4,6'

async function type(page: Page, text: string): Promise<void> {
  await page.locator(pattern).fill('')
  await page.locator(pattern).pressSequentially(text)
}

async function setShape(page: Page, text: string): Promise<void> {
  await page.locator('#shape-0').fill(text)
}

const drawingLabel = (page: Page) => page.locator('.drawing').getAttribute('aria-label')
const sentence = (page: Page) => page.locator('#message .sentence').innerText()

describe('typing', () => {
  test('a pattern shows its result, drawn and in words', () =>
    visit({ path: numbers }, async (page) => {
      await type(page, 'h w -> w h')
      expect(await sentence(page)).toBe('rearrange [4, 6] to [6, 4]: reorder to w h.')
      expect(await page.locator('#caption').innerText()).toMatch(/^Each row belongs to one place along w/)
      expect(await drawingLabel(page)).toBe('rearrange [4, 6] to [6, 4]: reorder to w h.')
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(20)
      await page.waitForFunction(() => location.hash.includes('p=h+w+-%3E+w+h'))
    }))

  test('axes have the same colour on both sides', () =>
    visit({ path: patchify }, async (page) => {
      const colours = await page
        .locator('.mirror .axis')
        .evaluateAll((nodes) => nodes.map((node) => `${node.textContent} ${getComputedStyle(node).color}`))
      expect(colours.length).toBe(12)
      expect(new Set(colours).size).toBe(6)
      expect(new Set(colours.map((one) => one.split(' ').slice(1).join())).size).toBe(6)
    }))

  test('an axis after the arrow is completed from the left side', () =>
    visit({ path: patchify }, async (page) => {
      await type(page, 'height width -> w')
      expect(await page.locator('#completions li').allInnerTexts()).toEqual([expect.stringMatching(/^width/)])
      await page.keyboard.press('Tab')
      await page.keyboard.type(' h')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.locator(pattern).inputValue()).toBe('height width -> width height')
      await page.keyboard.press('Control+z')
      expect(await page.locator(pattern).inputValue()).not.toBe('height width -> width height')
    }))

  test('a length that is typed changes the result, and comes back with its axis', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('[data-axis="s2"]').fill('3')
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 4, 6\] to \[1, 4, 18\]/)
      await type(page, 'b c h w -> b h w c')
      expect(await drawingLabel(page)).toMatch(/to \[1, 4, 6, 3\]/)
      await type(page, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(await drawingLabel(page)).toMatch(/to \[1, 4, 18\]/)
    }))
})

describe('the fresh page', () => {
  test('shows a picture in patches, and Play and the result without scrolling', () =>
    visit({ path: '' }, async (page) => {
      expect(await page.locator('#caption').innerText()).toBe(
        'Each row is one patch: its 16×16 pixels × 3 channels, one after the other.',
      )
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(300)
      const play = (await page.locator('.play').boundingBox())!
      expect(play.y + play.height).toBeLessThan(desktop.viewport.height)
    }))

  test('has the pattern, Play and the picture on a phone’s first screen', () =>
    visit({ path: '', ...phone }, async (page) => {
      const bottom = async (selector: string) => {
        const { y, height } = (await page.locator(selector).boundingBox())!
        return y + height
      }
      expect(await bottom('#pattern')).toBeLessThan(300)
      expect(await bottom('.play')).toBeLessThan(400)
      const top = (await page.locator('.drawing canvas').boundingBox())!.y
      expect(top).toBeLessThan(420)
      expect(await overflow(page)).toBe(0)
    }))

  test('takes the pattern of the documents without a complaint, and stays calm while it is typed', () =>
    visit({ path: '' }, async (page) => {
      await page.evaluate(() => {
        Object.assign(globalThis, { reds: 0, heights: new Set<number>() })
        const message = document.querySelector('#message')!
        const fields = document.querySelector('#fields')!
        new MutationObserver(() => {
          const seen = globalThis as unknown as { reds: number; heights: Set<number> }
          if (message.classList.contains('wrong')) seen.reds++
          seen.heights.add(Math.round(fields.getBoundingClientRect().top))
        }).observe(message, { attributes: true, childList: true, subtree: true })
      })
      await type(page, 'b c (h p1) (w p2) -> b (h w) (p1 p2 c)')
      await page.waitForTimeout(900)
      const { reds, heights } = await page.evaluate(() => {
        const seen = globalThis as unknown as { reds: number; heights: Set<number> }
        return { reds: seen.reds, heights: [...seen.heights] }
      })
      expect(reds).toBe(0)
      expect(heights).toHaveLength(1)
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 48, 64\] to \[1, 12, 768\]/)
    }))

  test('keeps a shape that was given', () =>
    visit({ path: numbers }, async (page) => {
      await setShape(page, '8, 10')
      await type(page, 'h w c -> c h w')
      await expect.poll(() => page.locator('#message.wrong').count()).toBe(1)
      expect(await sentence(page)).toMatch(/wrong number of dimensions/)
      await setShape(page, 'four')
      expect(await page.locator('.shape-note').innerText()).toMatch(/“four” is no shape/)
    }))

  test('understands a call that is pasted, and says why where it cannot', () =>
    visit({ path: '' }, async (page) => {
      await page
        .locator(pattern)
        .fill("x = einops.rearrange(img, 'b (h p) (w q) c -> b (h w) (p q c)', p=4, q=4)")
      await expect.poll(() => page.locator(pattern).inputValue()).toBe('b (h p) (w q) c -> b (h w) (p q c)')
      expect(await page.locator('[data-axis="p"]').inputValue()).toBe('4')
      expect(await page.locator('#message.wrong').count()).toBe(0)
      await page.locator(pattern).fill('x.reshape(b, -1)')
      await expect.poll(() => sentence(page)).toMatch(/write the lengths as numbers/)
    }))
})

describe('the stages', () => {
  test('are played by their cards', () =>
    visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      const slider = page.locator('.controls input')
      const cards = page.locator('.ladder button')
      await expect.poll(() => slider.inputValue(), { timeout: 10_000 }).toBe('1000')
      expect(await cards.allInnerTexts()).toEqual([
        expect.stringMatching(/the input/),
        expect.stringMatching(/split 4 into h 2/),
        expect.stringMatching(/reorder to b h w/),
        expect.stringMatching(/merge h × w into 6/),
      ])
      await cards.nth(1).click()
      await expect.poll(() => cards.nth(1).getAttribute('aria-current')).toBe('step')
      await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(150)
      expect(Number(await slider.inputValue())).toBeLessThan(300)
      await cards.nth(0).click()
      await expect.poll(() => slider.inputValue()).toBe('0')
    }))

  test('rest where they are not seen', () =>
    visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      await page.locator('.play').click()
      await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }))
      await expect.poll(() => page.locator('.controls input').inputValue()).toBe('1000')
    }))
})

describe('an axis that is pointed at', () => {
  test('lights up in the pattern, the code and the drawing', () =>
    visit({ path: patchify }, async (page) => {
      const before = await coloursOf(page, '.drawing canvas')
      await page.locator('#fields b', { hasText: 's1' }).hover()
      const lit = await page.locator('.lit').allInnerTexts()
      expect(lit.length).toBeGreaterThan(5)
      expect(new Set(lit.map((text) => text.trim().split(/\s/)[0]))).toEqual(new Set(['s1']))
      expect(await page.locator('#code .lit').count()).toBeGreaterThan(1)
      expect(await coloursOf(page, '.drawing canvas')).not.toBe(before)
    }))

  test('in the text itself too', () =>
    visit({ path: patchify }, async (page) => {
      const word = (await page.locator('.mirror .axis', { hasText: 'w' }).first().boundingBox())!
      await page.mouse.move(word.x + word.width / 2, word.y + word.height / 2)
      expect(await page.locator('.mirror .lit').first().innerText()).toBe('w')
    }))
})

describe('the browser’s buttons', () => {
  test('go back and forward by examples, and another operation keeps the pattern', () =>
    visit({ path: '' }, async (page) => {
      await page.locator('.try .chip', { hasText: 'Split heads' }).click()
      await page.locator('.try .chip', { hasText: 'Tiling' }).click()
      await page.goBack()
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
      await page.goBack()
      expect(await page.locator(pattern).inputValue()).toBe('(h s1) (w s2) c -> (h w) (s1 s2 c)')
      await page.goForward()
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
      await page.getByRole('radio', { name: 'einsum' }).check({ force: true })
      expect(await page.locator(pattern).inputValue()).toBe('b n (h d) -> b h n d')
    }))

  test('reload it without a network', () =>
    visit({ path: patchify }, async (page) => {
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready
      })
      // what the page loaded before is kept in the background
      await expect
        .poll(() =>
          page.evaluate(async () => (await (await caches.open('tesserae-playground')).keys()).length),
        )
        .toBeGreaterThan(5)
      await page.context().setOffline(true)
      await page.reload()
      expect(await drawingLabel(page)).toMatch(/^rearrange \[1, 3, 4, 6\]/)
      await page.context().setOffline(false)
    }))
})

describe('pack and unpack', () => {
  for (const operation of ['pack', 'unpack'] as const) {
    test(`${operation} is drawn, part by part, with code`, () =>
      visit({ path: `index.html#${operation}?p=*+d&x=1,4;2,3,4` }, async (page) => {
        expect(await drawingLabel(page)).toMatch(
          operation === 'pack'
            ? /^pack \[1, 4\] and \[2, 3, 4\] to \[7, 4\]/
            : /^unpack \[7, 4\] to \[1, 4\]/,
        )
        expect(await page.locator('#code pre').innerText()).toContain(
          operation === 'pack' ? "pack([cls, patches], '* d')" : "unpack(tokens, [[1], [2, 3]], '* d')",
        )
        await page.locator('.drawing').focus()
        await page.keyboard.press('ArrowRight')
        await page.keyboard.press('ArrowDown')
        expect(await page.locator('#readout').innerText()).toMatch(/patches\[0, 0, 0\]/)
        await page.getByRole('button', { name: 'one more part' }).click()
        expect(await page.locator('.field .shape').count()).toBe(3)
        expect(await page.locator('#message.wrong').count()).toBe(0)
      }))
  }
})

interface Slip {
  readonly typed: string
  readonly from?: string
  readonly shape?: string
  readonly says: RegExp
  readonly button: RegExp
  readonly becomes: string
}

const slips: Record<string, Slip> = {
  'a misspelt axis': {
    typed: 'height width -> widht height',
    says: /axis 'width' is only on the left/,
    button: /Write 'width'/,
    becomes: 'height width -> width height',
  },
  'no arrow': { typed: 'h w', says: /the pattern has no '->'/, button: /Add '->'/, becomes: 'h w -> h w' },
  'two arrows': {
    typed: 'h w -> w h ->',
    says: /second '->'/,
    button: /Remove the second/,
    becomes: 'h w -> w h',
  },
  'an arrow of another make': {
    typed: 'h w → w h',
    says: /no '->'/,
    button: /Write the arrow/,
    becomes: 'h w -> w h',
  },
  'a comma': {
    typed: 'h, w -> w h',
    says: /unknown character ','/,
    button: /Separate by spaces/,
    becomes: 'h w -> w h',
  },
  'an open group': {
    typed: 'h w -> (w h',
    says: /'\(' without '\)'/,
    button: /Close it after 'h'/,
    becomes: 'h w -> (w h)',
  },
  'a closed group that never began': {
    typed: 'h w -> w h)',
    says: /'\)' without '\('/,
    button: /Remove '\)'/,
    becomes: 'h w -> w h',
  },
  'groups in groups': {
    typed: 'h w -> ((h w))',
    says: /parentheses inside parentheses/,
    button: /inner parentheses/,
    becomes: 'h w -> (h w)',
  },
  'an axis twice': {
    typed: 'h w -> w h h',
    says: /axis 'h' stands twice/,
    button: /Remove 'h'/,
    becomes: 'h w -> w h',
  },
  'an axis left out': {
    typed: 'h w -> h',
    says: /axis 'w' is only on the left/,
    button: /Add 'w' to the right/,
    becomes: 'h w -> h w',
  },
  'stray dots': {
    typed: 'h .. -> .. h',
    says: /stray dots/,
    button: /Write '\.\.\.'/,
    becomes: 'h ... -> ... h',
  },
  'a bad name': { typed: 'h_ w -> w h_', says: /bad axis name/, button: /Write 'h'/, becomes: 'h w -> w h' },
  'a wrong rank': {
    typed: 'b h w -> b w h',
    shape: '4, 6',
    says: /wrong number of dimensions/,
    button: /Make the shape \[2, 4, 6\]/,
    becomes: 'b h w -> b w h',
  },
  'a length that does not divide': {
    typed: '(h s1) w -> h s1 w',
    from: 'index.html#rearrange?p=(h+s1)+w+-%3E+s1+h+w&x=4,6&n=s1:2',
    shape: '5, 6',
    says: /does not split into '\(h s1\)'/,
    button: /Make the shape \[4, 6\]/,
    becomes: '(h s1) w -> h s1 w',
  },
}

describe('a mistake', () => {
  for (const [name, { typed, from = numbers, shape, says, button, becomes }] of Object.entries(slips)) {
    test(`${name}: is told in the library’s words, and a click repairs it`, () =>
      visit({ path: from }, async (page) => {
        if (shape !== undefined) await setShape(page, shape)
        await type(page, typed)
        // neutral at first: it may not be finished
        expect(await page.locator('#message.wrong').count()).toBe(0)
        await expect.poll(() => page.locator('#message.wrong').count()).toBe(1)
        expect(await sentence(page)).toMatch(says)
        expect(await page.locator(pattern).getAttribute('aria-invalid')).toBe('true')
        await page.getByRole('button', { name: button }).first().click()
        expect(await page.locator(pattern).inputValue()).toBe(becomes)
        expect(await page.locator('#message.wrong').count()).toBe(0)
      }))
  }

  test('has its carets under the span', () =>
    visit({ path: numbers }, async (page) => {
      await type(page, 'h w -> w hh')
      await expect.poll(() => page.locator('.carets').count()).toBe(1)
      const [carets, span] = await Promise.all([
        page.locator('.carets').boundingBox(),
        page.locator('.mirror .span .axis').boundingBox(),
      ])
      expect(await page.locator('.mirror .span .axis').innerText()).toBe('h')
      expect(Math.abs(carets!.x - span!.x)).toBeLessThan(3)
      expect(carets!.y).toBeGreaterThan(span!.y)
      await page.locator('#message summary').click()
      expect(await page.locator('#message pre').innerText()).toContain('^')
    }))

  test('in a link shows what its repair would give', () =>
    visit({ path: 'index.html#rearrange?p=h+w+-%3E+w+hh&x=2,3' }, async (page) => {
      expect(await page.locator('.plate.stale').count()).toBe(1)
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
    }))
})

describe('following an element', () => {
  test('with the pointer lights up its other side', () =>
    visit({ path: patchify }, async (page) => {
      const box = (await page.locator('.drawing canvas').boundingBox())!
      let told = ''
      for (let x = 20; x < box.width && !told.includes('→'); x += 25) {
        await page.mouse.move(box.x + x, box.y + box.height / 2 + 20)
        told = await page.locator('#readout').innerText()
      }
      expect(told).toMatch(/images\[0, \d, \d, \d\] = \d+\s*→\s*patches\[0, \d, \d+\]/)
    }))

  test('with the keyboard tells where it comes from, and the link keeps it', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('.drawing').focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      // the second element of the first patch is of the second channel
      expect(await page.locator('#readout').innerText()).toMatch(
        /images\[0, 1, 0, 0\]\s*→\s*patches\[0, 0, 1\] = 24/,
      )
      expect(page.url()).toMatch(/&e=1$/)
      await page.keyboard.press('ArrowDown')
      expect(await page.locator('#readout').innerText()).toMatch(/patches\[0, 1, 1\]/)
      await page.keyboard.press('Escape')
      expect(page.url()).not.toMatch(/&e=/)
    }))

  test('with a finger keeps it', () =>
    visit({ path: patchify, ...phone }, async (page) => {
      const box = (await page.locator('.drawing canvas').boundingBox())!
      for (let y = 70; y < box.height && !page.url().includes('&e='); y += 17) {
        await page.locator('.drawing canvas').tap({ position: { x: box.width * 0.35, y } })
      }
      expect(page.url()).toMatch(/&e=\d+/)
      expect(await page.locator('#readout').innerText()).toContain('→')
    }))

  test('an axis colours both sides alike', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('.legend .chip', { hasText: /^c/ }).click()
      expect(page.url()).toContain('colour=c')
      expect(await page.locator('.legend .chip[aria-pressed="true"]').innerText()).toMatch(/^c/)
    }))

  test('the move plays, and rests where motion is not wanted', async () => {
    await visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      await page.waitForFunction(
        () => Number(document.querySelector<HTMLInputElement>('.controls input')!.value) < 1000,
      )
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>('.controls input')!.value === '1000',
      )
    })
    await visit({ path: patchify, motion: 'reduce' }, async (page) => {
      await page.waitForTimeout(600)
      expect(await page.locator('.controls input').inputValue()).toBe('1000')
    })
  })
})

describe('sharing', () => {
  test('a copied link shows the same on another screen', async () => {
    let link = ''
    await visit({ path: patchify, permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.locator('[data-axis="s1"]').fill('4')
      await page.locator('#copy-link').click()
      link = await page.evaluate(() => navigator.clipboard.readText())
    })
    await visit({ path: link.replace(/^https?:\/\/[^/]*\//, '') }, async (page) => {
      expect(await page.locator(pattern).inputValue()).toBe('b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(await drawingLabel(page)).toMatch(/to \[1, 3, 24\]/)
    })
  })

  test('code is there in three languages', () =>
    visit({ path: patchify }, async (page) => {
      const code = page.locator('#code pre')
      expect(await code.innerText()).toContain(
        "rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 2 })",
      )
      await page.getByLabel('einops').check({ force: true })
      await expect.poll(() => code.innerText()).toContain('s1=2, s2=2)')
      await page.getByLabel('NumPy').check({ force: true })
      await expect
        .poll(() => code.innerText())
        .toContain('images.reshape(1, 3, 2, 2, 3, 2).transpose(0, 2, 4, 3, 5, 1).reshape(1, 6, 12)')
    }))
})

describe('pictures', () => {
  /** Hands the page a picture of red and green halves as the browser does after a drop or a paste. */
  const hand = (page: Page, how: 'drop' | 'paste') =>
    page.evaluate(async (type) => {
      const canvas = new OffscreenCanvas(40, 20)
      const context = canvas.getContext('2d')!
      context.fillStyle = '#ff0000'
      context.fillRect(0, 0, 20, 20)
      context.fillStyle = '#00ff00'
      context.fillRect(20, 0, 20, 20)
      const transfer = new DataTransfer()
      transfer.items.add(new File([await canvas.convertToBlob()], 'halves.png', { type: 'image/png' }))
      const event =
        type === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
      document.body.dispatchEvent(event)
    }, how)

  for (const how of ['drop', 'paste'] as const) {
    test(`a picture that one ${how}s becomes the tensor`, () =>
      visit({ path: patchify }, async (page) => {
        await hand(page, how)
        await page.waitForFunction(() => location.hash.includes('src=picture'))
        // cut into patches that can be seen, and in its colours
        expect(page.url()).toContain('x=1,3,48,96')
        expect(page.url()).toContain('n=s1:24,s2:24')
        expect(await page.locator('.drawing').getAttribute('aria-label')).toMatch(/to \[1, 8, 1728\]/)
        await page.goto(page.url().replace(/#.*/, '#rearrange?p=h+w+c+-%3E+w+h+c&x=48,96,3&src=picture'))
        await hand(page, how)
        await page.waitForTimeout(500)
        const colours = await page.locator('.drawing canvas').evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement
          const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
          let red = 0
          let green = 0
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] === 255 && data[i + 1] === 0 && data[i + 2] === 0) red++
            if (data[i] === 0 && data[i + 1] === 255 && data[i + 2] === 0) green++
          }
          return { red, green }
        })
        expect(colours.red).toBeGreaterThan(2000)
        expect(colours.red / colours.green).toBeCloseTo(1, 1)
      }))
  }
})

describe('the gallery', () => {
  test('shows each pattern, drawn', () =>
    visit({ path: '' }, async (page) => {
      for (const [i, { title, pattern: text }] of gallery.entries()) {
        const button = page.locator('.gallery button').nth(i)
        await button.scrollIntoViewIfNeeded()
        await expect.poll(() => coloursOf(page, `.gallery li:nth-child(${i + 1}) canvas`)).toBeGreaterThan(1)
        await button.click()
        expect(await button.getAttribute('aria-current'), title).toBe('true')
        expect(await page.locator(pattern).inputValue()).toBe(text)
        expect(await page.locator('#message.wrong').count()).toBe(0)
        expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
      }
    }))

  test('the time of the real call is taken', () =>
    visit({ path: patchify }, async (page) => {
      const figure = page.locator('.time .figure')
      await expect.poll(() => figure.innerText(), { timeout: 20_000 }).toMatch(/\d+(\.\d+)? (ns|µs|ms|s)/)
      expect(await page.locator('.time').innerText()).toContain('[8, 3, 224, 224]')
    }))

  test('says whether memory moves, and why', () =>
    visit({ path: patchify }, async (page) => {
      expect(await page.locator('#memory').innerText()).toMatch(
        /One copy[\s\S]*288 B are written[\s\S]*cannot be one dimension/,
      )
      await page.locator('.gallery button', { hasText: 'HWC to CHW' }).click()
      expect(await page.locator('#memory').innerText()).toMatch(/A view[\s\S]*nothing moves/)
    }))
})

describe('the page', () => {
  test('loads less than 140 kB, compressed, its worker included', () =>
    visit({ path: patchify }, async (page) => {
      const sizes = await loaded(page, () =>
        expect.poll(() => page.locator('.time .figure').innerText(), { timeout: 20_000 }).toMatch(/s/),
      )
      expect(sizes.size).toBeGreaterThan(5)
      expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(140_000)
    }))

  test('is not allowed to compile code from text, and does not need to', () =>
    visit({ path: patchify }, async (page) => {
      // later, because the debugger's own calls are exempt
      const refused = await page.evaluate(
        () =>
          new Promise((resolve) =>
            setTimeout(() => {
              try {
                resolve(new Function('return 1')())
              } catch (error) {
                resolve((error as Error).name)
              }
            }),
          ),
      )
      expect(refused).toBe('EvalError')
    }))

  test('explains what is too large to draw', () =>
    visit({ path: 'index.html#repeat?p=a+-%3E+a+900&x=3' }, async (page) => {
      expect(await sentence(page)).toMatch(
        /^repeat \[3\] to \[3, 900\]: repeat along 900\. .* too many elements to draw\.$/,
      )
      expect(await page.locator('#memory').innerText()).toMatch(/A view[\s\S]*\[3, 900\]/)
      expect(await page.locator('.ladder').innerText()).toContain('repeat along 900')
      await type(page, 'a -> a 9')
      expect(await coloursOf(page, '.drawing canvas')).toBeGreaterThan(3)
    }))

  test('draws five dimensions, and large tensors with shorter axes', () =>
    visit({ path: 'index.html#rearrange?p=a+b+c+d+e+-%3E+e+d+(c+b)+a&x=2,2,2,3,3' }, async (page) => {
      expect(await drawingLabel(page)).toMatch(/to \[3, 3, 4, 2\]/)
      await page.locator('#shape-0').fill('8, 64, 7, 56, 56')
      expect(await page.locator('.note').innerText()).toMatch(
        /the ends are drawn \(⋯\): a shows 3 of 8, b shows \d of 64/,
      )
      expect(await page.locator('#memory').innerText()).toContain('[1404928, 21952, 3136, 56, 1]')
    }))
})

describe('everyone', () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const [screen, size] of Object.entries({ desktop, phone })) {
      test(`can use it: ${screen}, ${theme}`, () =>
        visit({ path: patchify, theme, ...size }, async (page) => {
          expect(await complaints(page)).toEqual([])
          expect(await overflow(page)).toBe(0)
          await type(page, 'b c h w -> b c h')
          expect(await complaints(page)).toEqual([])
          expect(await overflow(page)).toBe(0)
        }))
    }
  }

  test('can switch the light', () =>
    visit({ path: '' }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const light = await paper()
      await page.locator('#theme').click()
      expect(await paper()).not.toBe(light)
      expect(await complaints(page)).toEqual([])
    }))

  test('can do everything by keyboard', () =>
    visit({ path: patchify }, async (page) => {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter') // skips to the pattern
      expect(await page.locator(pattern).inputValue()).toBe('b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(page.url()).toContain('#rearrange?p=b+c')
      await page.locator(pattern).focus()
      const reached: string[] = []
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab')
        reached.push(
          await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || ''),
        )
      }
      for (const wanted of ['shape-0', 'length-0', 'drawing', 'play', 'copy-code', 'copy-link']) {
        expect(reached).toContain(wanted)
      }
    }))
})
