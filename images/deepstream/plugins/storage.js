'use strict'

// A storage connector that keeps its word: the server acknowledges a write when the connector calls back, so this one
// calls back only once the row is stored. What cannot be stored yet waits in memory, the newest value of each record,
// up to a bound beyond which writes are refused. Reads are answered from what waits, and wait themselves while the
// database is away. It keeps the tables of the stock connector, whose rows it can read.

const pg = require('pg')
const { Connector } = require('@deepstream/storage-postgres')
const { checkVersion } = require('@deepstream/storage-postgres/dist/src/utils')
const { Backoff, unstorable } = require('./common')
const { Deletions } = require('./deletions')
const guard = require('./guard')
const { Password } = require('./password')
const { Pending } = require('./pending')
const sql = require('./sql')

const DEFAULTS = {
  schema: 'ds',
  max: 10, // connections
  connectionTimeoutMillis: 5000,
  query_timeout: 10000, // a frozen database answers nothing, and closes nothing
  keepAlive: true,
  idleTimeoutMillis: 30000,
  notifications: {},
  maxPendingBytes: 8 * 1024 * 1024,
  flushSeconds: 30,
  readDeadline: 60000, // milliseconds; the server's own storageRetrievalTimeout
  readGrace: 3000 // milliseconds after an outage in which every server first stores what it has, the longest backoff
}

// A write that waited for longer than this (milliseconds) may have left the cache meanwhile.
const SLOW = 1000

// How many passwords are tried for one connection: the one at hand, the current one and the one before it.
const PASSWORDS = 3

class Storage extends Connector {
  constructor (options, services, config) {
    super({ ...DEFAULTS, ...options }, services)
    this.config = config || {}
    this.password = new Password(this.options, this.logger)
    this.away = false
    this.closed = false
    this.running = 0
    this.retries = new Set() // timers
    this.reads = new Map() // name → who waits for it
    this.readable = Promise.resolve()
    this.backoff = new Backoff()
    this.pending = new Pending(this.options.maxPendingBytes)
    guard.install(this.logger, this.options.server)
  }

  init () {
    this.connectionPool = this.openPool()
    this.deletions = new Deletions(this.services, {
      heard: name => this.deletedElsewhere(name),
      over: name => {
        this.pending.resume(name)
        this.pump()
      }
    })
  }

  // openPool has somebody listen to each connection all its life: the pool does while it is idle, and a query while it
  // runs, and an error that nobody hears in between ends the process.
  openPool () {
    const pool = new pg.Pool({ ...this.options, password: async () => this.password.value })
    pool.on('connect', client => client.on('error', () => {}))
    pool.on('error', err => this.logger.warn('STORAGE', `an idle connection to the database broke: ${err.message}`))
    return pool
  }

  // whenReady waits for the database for as long as the server lets it (dependencyInitializationTimeout).
  async whenReady () {
    const backoff = new Backoff()
    for (;;) {
      if (this.closed) return
      try {
        const result = await this.execute(this.statements.initDb(this.options.schema))
        checkVersion(result[result.length - 1].rows[0].version)
        this.ready = true
        return
      } catch (err) {
        this.logger.warn('STORAGE', `the database cannot be used yet: ${err.message}`)
        await backoff.wait()
      }
    }
  }

  // pendingWrites is how many records are not stored yet.
  get pendingWrites () { return this.pending.size }

  // isDown says whether the database can be reached and written.
  get isDown () { return this.away || !this.ready }

  set (name, version, value, callback) {
    // In text at once: the server goes on changing the object that it hands over.
    this.add(name, { version, text: JSON.stringify(value) }, callback)
  }

  delete (name, callback) {
    const ended = this.deletions.announce(name)
    this.add(name, { version: null, text: null }, err => {
      ended()
      callback(err)
    })
  }

  // deleteBulk is what the server may ask for in place of several deletions.
  deleteBulk (names, callback) {
    let left = names.length
    let failure = null
    if (left === 0) callback(null)
    for (const name of names) {
      this.delete(name, err => {
        failure = failure || err
        if (--left === 0) callback(failure)
      })
    }
  }

  add (name, change, callback) {
    const problem = unstorable(name) || (this.closed ? 'the server is stopping' : this.pending.add(name, change, callback))
    if (!problem) return this.pump()
    this.refuse(name, change, problem, callback)
  }

  // refuse says no, and takes the value out of the cache, where the server puts it in the same moment.
  refuse (name, change, problem, callback) {
    setImmediate(() => {
      callback(problem)
      this.forget(name, change)
    })
  }

  // forget takes a value out of the cache that is not stored, unless the cache has another by now.
  forget (name, { version, text }) {
    const { cache } = this.services
    if (cache && text !== null && !unstorable(name)) cache.forget(name, version, text)
  }

  // decided hears whether the cache has taken a value, or another server's of the same version.
  decided (name, version, text, taken) {
    for (const change of this.pending.changes(name)) if (change.version === version && change.text === text) change.taken = taken
  }

  // deletedElsewhere makes a deletion of what waits here: stored after it, it would bring the record back.
  deletedElsewhere (name) {
    if (this.pending.overtake(name)) this.pump()
  }

  get (name, callback) {
    if (unstorable(name)) return setImmediate(callback, null, -1, null) // it cannot be there
    if (this.answerFromPending(name, callback)) return
    const callbacks = this.reads.get(name)
    if (callbacks) {
      callbacks.push(callback)
      return
    }
    this.reads.set(name, [callback])
    this.read(name)
  }

  answerFromPending (name, callback) {
    const change = this.pending.latest(name)
    if (!change) return false
    if (change.text === null) setImmediate(callback, null, -1, null)
    else setImmediate(callback, null, change.version, JSON.parse(change.text))
    return true
  }

  async read (name) {
    const answer = await this.fetch(name, Date.now() + this.options.readDeadline)
    const callbacks = this.reads.get(name)
    this.reads.delete(name)
    for (const callback of callbacks) {
      if (!this.answerFromPending(name, callback)) callback(...answer)
    }
  }

  // fetch is the arguments of a read's callback.
  async fetch (name, deadline) {
    const { table, id } = sql.place(name, this.options)
    const backoff = new Backoff()
    for (;;) {
      try {
        await within(this.readable, deadline)
        await within(this.deletions.until(name), deadline)
        const { rows } = await this.execute(sql.select(this.options.schema, table), [id])
        return rows.length ? [null, rows[0].version, parse(rows[0].val)] : [null, -1, null]
      } catch (err) {
        if (err.code === sql.UNDEFINED_TABLE) return [null, -1, null]
        if (this.closed || sql.isolates(err) || Date.now() >= deadline) return [`cannot read ${name}: ${err.message}`]
        if (sql.isOutage(err)) this.goAway(err)
        else await backoff.wait()
      }
    }
  }

  // pump starts as many writes as there are connections for, and leaves one to reads.
  pump () {
    while (!this.away && this.running < Math.max(1, this.options.max - 1)) {
      const write = this.pending.next()
      if (!write) return
      this.running++
      this.store(write).finally(() => {
        this.running--
        this.pump()
      })
    }
  }

  async store (write) {
    const { name, change } = write
    if (change.text !== null && this.deletions.until(name)) {
      this.pending.again(write)
      return this.pending.delay(write)
    }
    const { taken } = change
    try {
      const stored = await this.write(name, change)
      if (stored) {
        if (change.text !== null && Date.now() - write.since > SLOW) this.refreshCache(name, change)
        this.pending.done(write, null)
      } else if (change.version === 0 && change.text === '{}') {
        this.pending.done(write, null) // a creation, which found the record created
      } else if (change.taken === false) {
        this.pending.done(write, `another server's version ${change.version} is stored`)
      } else if (!taken && Date.now() - write.since < this.options.readDeadline) {
        this.later(write) // once the cache has said whose it is
      } else {
        this.forget(name, this.pending.fail(write, `version ${change.version}, or a newer one, is stored`))
      }
    } catch (err) {
      if (sql.isolates(err)) {
        this.logger.error('STORAGE', `cannot store ${JSON.stringify(name)}: ${err.message}`)
        this.pending.done(write, `cannot be stored: ${err.message}`)
        this.forget(name, change)
        return
      }
      if (sql.isOutage(err)) {
        this.pending.again(write)
        return this.goAway(err)
      }
      this.logger.warn('STORAGE', `storing ${JSON.stringify(name)} again: ${err.message}`)
      this.later(write)
    }
  }

  later (write) {
    this.pending.again(write)
    write.backoff = write.backoff || new Backoff()
    this.pending.delay(write)
    const timer = setTimeout(() => {
      this.retries.delete(timer)
      this.pending.resume(write.name)
      this.pump()
    }, write.backoff.next())
    this.retries.add(timer)
  }

  // write says whether the row is now the change's.
  async write (name, change) {
    const { table, id } = sql.place(name, this.options)
    const { schema } = this.options
    const put = () => change.text === null
      ? this.execute(sql.remove(schema, table), [id])
      : this.execute((change.anew ? sql.replace : change.taken ? sql.upsert : sql.insertOnce)(schema, table), [id, change.version, change.text])
    try {
      return (await put()).rowCount > 0 || change.text === null
    } catch (err) {
      if (err.code !== sql.UNDEFINED_TABLE) throw err
      if (change.text === null) return true
      await this.createTable(table)
      return (await put()).rowCount > 0
    }
  }

  async createTable (table) {
    try {
      await this.execute(sql.create(this.options.schema, table))
    } catch (err) {
      if (!sql.isRace(err)) throw err // another server creates it in the same moment
    }
  }

  // refreshCache gives the cache back what it may have dropped while the write waited: what others read meanwhile, and
  // put there, was older.
  refreshCache (name, change) {
    const { cache } = this.services
    if (cache) cache.set(name, change.version, JSON.parse(change.text), () => {})
  }

  // connect opens a connection, or takes one that is open. A password that is refused may have been changed: open
  // connections go on, and a new one begins with what the secret now says.
  async connect () {
    for (let attempt = 1; ; attempt++) {
      const tried = this.password.value
      try {
        return await this.connectionPool.connect()
      } catch (err) {
        if (err.code !== sql.INVALID_PASSWORD || attempt === PASSWORDS || !await this.password.refused(tried)) throw err
      }
    }
  }

  async execute (text, values) {
    const client = await this.connect()
    try {
      const result = values ? await client.query(text, values) : await client.query(text)
      client.release()
      return result
    } catch (err) {
      const broken = sql.isOutage(err)
      // A frozen peer would never answer the farewell of a polite close.
      if (broken && client.connection && client.connection.stream) client.connection.stream.destroy()
      client.release(broken)
      throw err
    }
  }

  goAway (err) {
    if (this.away) return
    this.away = true
    this.backoff.reset()
    this.readable = new Promise(resolve => { this.allowReads = resolve })
    this.logger.warn('STORAGE', `the database is away, ${this.pending.size} writes wait: ${err.message}`)
    this.probe()
  }

  // probe asks, alone for all that waits, until the database is back and can be written.
  async probe () {
    const since = Date.now()
    for (;;) {
      await this.backoff.wait()
      try {
        const { rows } = await this.execute('SELECT pg_is_in_recovery() OR current_setting(\'transaction_read_only\') = \'on\' AS readonly')
        if (!rows[0].readonly) break
        await this.dropConnections()
      } catch (err) {
        if (this.ended) return
      }
    }
    this.away = false
    setTimeout(this.allowReads, this.options.readGrace).unref()
    this.logger.warn('STORAGE', `the database is back after ${((Date.now() - since) / 1000).toFixed(1)} s, ${this.pending.size} writes waited`)
    this.pump()
  }

  // dropConnections leaves those to a server that was demoted: the name that they were opened by is another's now.
  async dropConnections () {
    const old = this.connectionPool
    this.connectionPool = this.openPool()
    old.end().catch(() => {})
  }

  // flush resolves when nothing is pending, or after some seconds; it returns how many records are not stored.
  async flush (seconds = this.options.flushSeconds) {
    const deadline = Date.now() + seconds * 1000
    while (this.pending.size > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 20))
    return this.pending.size
  }

  // close stores what is pending first.
  async close () {
    const left = await this.flush()
    this.closed = true
    if (left > 0) this.logger.error('STORAGE', `${left} writes could not be stored in time; none of them was acknowledged`)
    this.ended = true
    for (const timer of this.retries) clearTimeout(timer)
    this.deletions.close()
    if (!this.connectionPool) return
    const end = this.connectionPool.end().catch(() => {})
    await Promise.race([end, new Promise(resolve => setTimeout(resolve, 2000).unref())])
  }
}

// within waits for a promise, and throws at the deadline.
async function within (promise, deadline) {
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the database is away')), Math.max(0, deadline - Date.now()))
    timer.unref()
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const parse = value => typeof value === 'string' ? JSON.parse(value) : value

module.exports = Storage
