// A whole chain, and its parts for a chain of one's own.

export { type MeteringLinkOptions, meteringLinks } from './meteringLinks.ts'
export { operationHeaders, streamHeaders } from './operationHeaders.ts'
export { operationIdOf, operationLink, withOperationId } from './operationLink.ts'
export { type UsageLinkOptions, usageLink } from './usageLink.ts'
