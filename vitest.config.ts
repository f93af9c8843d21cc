import { availableParallelism } from 'node:os'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** Tests read the workspace's packages from their source: nothing needs to be built first. */
const fromSource = {
  resolve: { conditions: ['@tollgate/source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['@tollgate/source', ...defaultServerConditions], externalConditions: ['@tollgate/source'] } },
}

/** Bounds that only a hang reaches: many tests start real servers, and machines are slow and shared. */
const patience = {
  // A test that failed in CI is tried once more, and told apart in the report when it passes then.
  retry: process.env['CI'] ? 1 : 0,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
}

const unit = (name: string, root: string) => ({
  ...fromSource,
  test: { name, root, include: ['**/*.test.{ts,tsx}'], exclude: ['**/node_modules/**', '**/dist/**'], ...patience },
})

/** Whole-system tests start servers, databases and a browser: one file at a time, after everything quick. */
const e2e = {
  ...fromSource,
  test: {
    name: 'e2e',
    root: 'e2e',
    include: ['src/**/*.test.{ts,tsx}'],
    fileParallelism: false,
    ...patience,
    sequence: { groupOrder: 1 },
  },
}

export default defineConfig({
  test: {
    // By itself Vitest leaves a processor unused, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // CI reads the counts of its closing line from the file.
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: '.output/vitest.json' }]] : ['default'],
    projects: [
      unit('features', 'packages/features'),
      unit('engine', 'packages/engine'),
      unit('server', 'packages/server'),
      unit('client', 'packages/client'),
      unit('cli', 'packages/cli'),
      unit('web', 'apps/web'),
      unit('bench', 'bench'),
      unit('repo', 'tests'),
      e2e,
    ],
  },
})
