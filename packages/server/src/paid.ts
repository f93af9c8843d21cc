/**
 * A promise that knows whether anyone waits for it.
 *
 * Who waits for a refusal can deal with it; one that nobody hears of must fail the call, or work would go on unpaid.
 */
export class Paid implements Promise<void> {
  readonly [Symbol.toStringTag] = 'Paid'
  readonly #promise: Promise<void>
  readonly #onHeard: () => void

  constructor(promise: Promise<void>, onHeard: () => void) {
    this.#promise = promise
    this.#onHeard = onHeard
    // A rejection that nobody hears of is told by the call's own failure.
    promise.catch(() => {})
  }

  // biome-ignore lint/suspicious/noThenProperty: this is a promise
  readonly then: Promise<void>['then'] = (onFulfilled, onRejected) => {
    this.#onHeard()
    return this.#promise.then(onFulfilled, onRejected)
  }

  readonly catch: Promise<void>['catch'] = (onRejected) => this.then(undefined, onRejected)

  readonly finally: Promise<void>['finally'] = (onFinally) => {
    this.#onHeard()
    return this.#promise.finally(onFinally)
  }
}
