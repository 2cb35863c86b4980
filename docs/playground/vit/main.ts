/** The story of a digit in a Vision Transformer: a desk to draw at, nine figures, levers, photographs. */
import { byId } from '../page/element.ts'
import { keepOffline } from '../page/offline.ts'
import { onTheme, startTheme } from '../page/theme.ts'
import { mountDesk } from './desk.ts'
import { mountAttend } from './figures/attend.ts'
import { mountCut } from './figures/cut.ts'
import { mountEmbed } from './figures/embed.ts'
import { mountFeed } from './figures/feed.ts'
import { mountHead } from './figures/head.ts'
import { mountLayers } from './figures/layers.ts'
import { mountPack } from './figures/pack.ts'
import { mountPositions } from './figures/positions.ts'
import { mountQkv } from './figures/qkv.ts'
import { mountLevers } from './levers.ts'
import { mountPhoto } from './photo.ts'
import { mountPhotos } from './photos.ts'
import { Reader } from './reader.ts'
import { Story } from './story.ts'
import { mountWay } from './way.ts'

startTheme()
const reader = new Reader()
const story = new Story(reader)
const figures = {
  cut: mountCut,
  embed: mountEmbed,
  pack: mountPack,
  positions: mountPositions,
  qkv: mountQkv,
  attend: mountAttend,
  feed: mountFeed,
  layers: mountLayers,
  head: mountHead,
}
for (const [name, mount] of Object.entries(figures)) mount(byId(`figure-${name}`), story)
mountLevers(byId('levers'), story)
mountDesk(reader, story)
mountPhotos(byId('photos'))
mountPhoto(reader)
mountWay(story)
onTheme(() => story.tell())
keepOffline()
