/** Teach it: examples of one's own classes, and a small Vision Transformer that learns them in a worker. */
import { keepOffline } from '../page/offline.ts'
import { startTheme } from '../page/theme.ts'
import { mountCurve } from './curve.ts'
import { mountDesk } from './desk.ts'
import { mountFilm } from './film.ts'
import { mountKeep } from './keep.ts'
import { mountKinds } from './kinds.ts'
import { School } from './school.ts'
import { Teacher } from './teacher.ts'

startTheme()
const teacher = new Teacher()
const school = new School(teacher)
mountKinds(school)
mountDesk(school)
mountCurve(school)
mountFilm(school)
mountKeep(school, teacher)
keepOffline()
