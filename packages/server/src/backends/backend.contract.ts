import { afterEach, describe } from 'vitest'
import { chargingContract } from './contract/charging.contract.ts'
import { holdsContract } from './contract/holds.contract.ts'
import { operationsContract } from './contract/operations.contract.ts'
import { readingContract } from './contract/reading.contract.ts'
import type { BackendUnderTest } from './contract/underTest.fixture.ts'

export { type BackendUnderTest, features, held, plans } from './contract/underTest.fixture.ts'

/** What every backend promises. */
export function backendContract(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    const opened: BackendUnderTest[] = []

    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close()
    })

    async function start(): Promise<BackendUnderTest> {
      const test = await open()
      opened.push(test)
      return test
    }

    chargingContract(start)
    operationsContract(start)
    holdsContract(start)
    readingContract(start)
  })
}
