/** The second page: a Vision Transformer at work, in a worker of its own. */
import { startTheme } from '../page/theme.ts'
import { mountDigit } from './digit.ts'
import { mountPhoto } from './photo.ts'
import { Reader } from './reader.ts'

const reader = new Reader()
startTheme()
mountDigit(reader)
mountPhoto(reader)
