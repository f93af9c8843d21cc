/** A 52-bit hash of an operation id. The seed, secret to each file, keeps ids of a caller's choosing from meeting on purpose. */
export function operationHash(operationId: string, seed: number): number {
  let low = seed | 0
  let high = ~seed
  for (let index = 0; index < operationId.length; index++) {
    const unit = operationId.charCodeAt(index)
    low = Math.imul(low ^ unit, 0x85eb_ca6b)
    low ^= low >>> 15
    high = Math.imul(high ^ unit, 0xc2b2_ae35)
    high ^= high >>> 13
  }
  low = Math.imul(low ^ (high >>> 16), 0x9e37_79b1)
  high = Math.imul(high ^ (low >>> 15), 0x27d4_eb2f)
  low ^= high >>> 14
  return (high & 0xf_ffff) * 0x1_0000_0000 + (low >>> 0)
}
