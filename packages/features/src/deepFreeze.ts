/** Freezes plain data and all that it holds, and gives it back. */
export function deepFreeze<const $Data>(data: $Data): $Data {
  if (typeof data !== 'object' || data === null || Object.isFrozen(data)) return data
  for (const part of Object.values(data)) deepFreeze(part)
  return Object.freeze(data)
}
