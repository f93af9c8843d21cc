import { contenderOf } from './contenders.ts'
import type { ContenderName } from './meter.ts'
import { runSlot, type Slot } from './slot.ts'
import { catalog } from './workload.ts'

// A contender in a process of its own, so that nobody else's garbage is collected on its time. Each message is a slot, each answer its result.

const [name = 'memory', postgresUrl = ''] = process.argv.slice(2)
// The parent names one of the contenders.
const contender = contenderOf(name as ContenderName, postgresUrl === '' ? null : postgresUrl)

process.on('message', async (slot: Slot) => {
  const meter = await contender.open(catalog)
  const result = await runSlot(meter, slot)
  await contender.clear()
  process.send?.(result)
})
