// Opening an engine.

export { accessOf } from './access.ts'
export { type Change, createEngine, type Engine, type EngineOptions, type ExecuteOptions } from './engine.ts'
export { type OpenEngineOptions, openEngine } from './openEngine.ts'
export { catalogOf } from './registry.ts'
export { shortageOf } from './shortage.ts'
