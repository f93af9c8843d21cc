import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const outDir = 'dist/browser'

export default defineConfig({
  plugins: [react(), tailwind(), precompressed()],
  resolve: { conditions: ['@tollgate/source', ...defaultClientConditions] },
  build: { outDir, sourcemap: true, target: 'es2023' },
  server: { proxy: Object.fromEntries(['/trpc', '/session', '/works'].map((path) => [path, 'http://localhost:3000'])) },
})

/** Compresses once what would else be compressed for every reader. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    closeBundle() {
      const files = readdirSync(outDir, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:js|css|html|svg)$/.test(path))
      for (const path of files.map((file) => join(outDir, file))) {
        const content = readFileSync(path)
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }))
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}
