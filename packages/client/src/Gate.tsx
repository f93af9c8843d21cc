import type { ReactNode } from 'react'
import type { BalanceState, BooleanState } from './featureState.ts'
import type { Loaded, NotReady, Ready } from './loaded.ts'

/** What a gate shows. */
export interface GateFaces<TState> {
  /** Shown when the customer may. */
  readonly children?: ReactNode
  /** Shown when the customer may not, as far as that is known; a function is told why. Nothing by default. */
  readonly fallback?: ReactNode | ((state: Ready<TState>) => ReactNode)
  /** Shown until it is known, and offline. Nothing by default; never the fallback. */
  readonly loading?: ReactNode
  /** Shown when it could not be read; by default what `loading` shows. */
  readonly failed?: ReactNode | ((state: NotReady<TState>) => ReactNode)
}

/** The face of a gate for what is known. */
export function faceOf<$State extends BooleanState | BalanceState>(state: Loaded<$State>, faces: GateFaces<$State>): ReactNode {
  const { children, fallback, loading, failed = loading } = faces
  switch (state.status) {
    case 'ready':
      return state.allowed ? children : typeof fallback === 'function' ? fallback(state) : fallback
    case 'error':
      return typeof failed === 'function' ? failed(state) : failed
    default:
      return loading
  }
}
