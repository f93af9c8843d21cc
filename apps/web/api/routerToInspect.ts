import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from './config.ts'
import { openServices } from './openServices.ts'
import { createAppRouter } from './router/appRouter.ts'

const dataFolder = mkdtempSync(join(tmpdir(), 'studio-inspected-'))
process.once('exit', () => rmSync(dataFolder, { recursive: true }))
const { services } = await openServices(readConfig({ TOLLGATE_DATA: dataFolder, TOLLGATE_URL: 'memory:' }))

/** Every procedure of the product, over services that nobody calls: what `tollgate doctor` reads. */
export const appRouter = createAppRouter(services)
