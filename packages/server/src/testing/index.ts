// Simulating a router.

export { type Faults, someFaults } from './faults.ts'
export type { Violation } from './judge.ts'
export type { Random } from './random.ts'
export { type SimulateOptions, type SimulationReport, simulate } from './simulate.ts'
export { simulated, type World } from './simulated.ts'

// A bad network between a client and a server.

export { type FaultProxy, type FaultRule, type NetworkFault, type ProxiedRequest, startFaultProxy } from './faultProxy.ts'
