import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client, metering, queryClient } from './client.ts'
import { router } from './router.tsx'
import './styles.css'

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no element with the id root.')

createRoot(root).render(
  <StrictMode>
    {/* The page's policy lets no style elements in but its own file. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <metering.Provider client={client}>
          <RouterProvider router={router} />
        </metering.Provider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
