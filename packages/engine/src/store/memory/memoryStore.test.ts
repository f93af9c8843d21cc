import { describeStore } from '../store.contract.ts'
import { memoryStore } from './memoryStore.ts'

describeStore('memory', () => ({ open: () => memoryStore(() => 1_000), forgetful: 'what is in memory ends with the store' }))
