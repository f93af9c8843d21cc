import type { Feature, Plan } from 'atmn'
import { expectTypeOf } from 'vitest'
import type { AutumnConfig } from './autumnConfig.ts'

/** `atmn` declares what it only reads as arrays that may be written to. */
type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> }

type Generated = Writable<AutumnConfig>
expectTypeOf<Generated['features'][number]>().toExtend<Feature>()
expectTypeOf<Generated['plans'][number]>().toExtend<Plan>()

// The types are there: what is not a plan is refused.
expectTypeOf<Feature>().not.toBeAny()
expectTypeOf<{ readonly id: 'free' }>().not.toExtend<Plan>()
expectTypeOf<Omit<Generated['features'][number], 'type'>>().not.toExtend<Feature>()
