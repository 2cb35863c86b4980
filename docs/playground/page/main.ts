/** The pattern page: one store, and each part of the page drawing from it. */
import { mountCode } from './code.ts'
import { mountEditor } from './editor.ts'
import { byId } from './element.ts'
import { mountFields } from './fields.ts'
import { mountFilling } from './filling.ts'
import { mountGallery } from './gallery.ts'
import { lightAxes } from './light.ts'
import { mountMemory } from './memory.ts'
import { mountMessage } from './message.ts'
import { keepOffline } from './offline.ts'
import { mountOperations } from './operations.ts'
import { welcomePictures } from './picture.ts'
import { Player } from './player.ts'
import { mountStage } from './stage.ts'
import { Store } from './store.ts'
import { startTheme } from './theme.ts'

startTheme()
const store = new Store()
const player = new Player()
const openPicture = welcomePictures(() => document.querySelector('.plate'), store)
mountOperations(byId('operations'), store)
mountEditor(byId('editor'), store)
mountMessage(byId('message'), store)
mountFilling(byId('filling'), store, openPicture)
mountFields(byId('fields'), store)
mountStage(byId('stage'), store, player)
mountMemory(byId('memory'), store)
mountCode(byId('code'), store)
mountGallery(byId('gallery'), store)
lightAxes(store)
keepOffline()
