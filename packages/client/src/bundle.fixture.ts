import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

/** The libraries that an application brings along. */
const brought = /^(react|react-dom|@trpc\/|@tanstack\/)/

/** The bytes of a module for production, zipped: ours and the registry's code, without the libraries that it stands on. */
export async function zippedBytesOf(text: string): Promise<number> {
  const entry = join(import.meta.dirname, 'measured.ts')
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@tollgate/source'] },
    plugins: [
      {
        name: 'measured',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? text : null),
      },
    ],
    build: {
      write: false,
      target: 'es2024',
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict', output: { minify: true }, external: (id) => brought.test(id) },
    },
  })
  // Neither a watcher nor several builds were asked for.
  const [chunk, ...others] = (output as Rolldown.RolldownOutput).output
  if (others.length > 0) throw new Error('the module was split, and only one part would be measured')
  return gzipSync(chunk.code, { level: 9 }).length
}
