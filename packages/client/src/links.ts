// A whole chain, and its parts for a chain of one's own.

export { changesLink } from './changesLink.ts'
export { type MeteringLinkOptions, meteringLinks } from './meteringLinks.ts'
export { operationHeaders, streamHeaders } from './operationHeaders.ts'
export { operationIdOf, operationLink, withOperationId } from './operationLink.ts'
export { type UsageLinkOptions, usageLink } from './usageLink.ts'

// Writing to the cache by hand.

export { receiveAccess, refreshAccess } from './receiveAccess.ts'
