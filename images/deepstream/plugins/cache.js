'use strict'

// The records that members have read or written, in Redis or Valkey. Different from the stock connector, a value is never
// replaced by an older version, nor by another value of the same one, commands wait for a lost connection only up to a
// bound, and what may be outdated after an outage is taken out rather than served.

const stock = require('@deepstream/cache-redis')
const { Password } = require('./password')
const { Connection, options } = require('./redis')
const { unstorable } = require('./common')

const { CacheConnector } = stock

const MAX_WAITING_BYTES = 16 * 1024 * 1024
const PER_COMMAND = 256 // bytes of bookkeeping

// A replica that is promoted lacks what the primary had not passed on. Milliseconds.
const LAG = 10000
const MAX_SUSPECTS = 100000 // names; beyond, the whole cache is dropped

// Two keys make a record: its version and its data. The version of a new one is compared before both are set. Two servers
// may make the same version of the one before; who comes second is refused, before anybody is told of its value, and the
// storage goes by that.
const SET_UNLESS_NEWER = `local version = redis.call('GET', KEYS[1])
local is, new = tonumber(version or -1), tonumber(ARGV[1])
if is > new then return 0 end
if is == new and new > 0 then
  local data = redis.call('GET', KEYS[2])
  if data and data ~= ARGV[2] then return 0 end
end
if ARGV[3] == '0' then redis.call('MSET', KEYS[1], ARGV[1], KEYS[2], ARGV[2])
else redis.call('SETEX', KEYS[1], ARGV[3], ARGV[1]) redis.call('SETEX', KEYS[2], ARGV[3], ARGV[2]) end
return 1`

const DELETE_IF = `if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[1], KEYS[2]) end`

const keys = name => [`${name}_v`, `${name}_d`]

class Cache extends CacheConnector {
  constructor (own, services, config) {
    const { maxWaitingBytes = MAX_WAITING_BYTES, ...redis } = own
    super(options(redis), services, config)
    this.maxWaitingBytes = maxWaitingBytes
    this.waitingBytes = 0
    this.written = new Map() // name → when it was last set, the oldest first
    this.suspects = new Set() // names whose value in the cache may be outdated
    this.suspectAll = false
    this.watch = new Connection(this.connection.client, 'cache', services.logger, new Password(own, services.logger))
    this.connection.client.on('close', () => this.suspect())
    this.connection.client.on('ready', () => this.clear())
    this.prune = setInterval(() => this.forgetOld(), 1000)
    this.prune.unref()
  }

  get isDown () { return !this.watch.ready }

  set (name, version, data, callback) {
    const problem = unstorable(name)
    if (problem) return setImmediate(callback, problem)
    const text = JSON.stringify(data)
    this.written.delete(name)
    this.written.set(name, Date.now())
    this.command(name, PER_COMMAND + 2 * (2 * name.length + text.length), client =>
      client.eval(SET_UNLESS_NEWER, 2, ...keys(name), version, text, this.pluginOptions.ttl || 0), (err, done) => {
      const { storage } = this.services
      if (storage && storage.decided) storage.decided(name, version, text, !err && done === 1)
      if (err) return callback(err)
      // Somebody was faster: to create the record is then done, to write it is not.
      callback(done === 0 && version > 0 ? `version ${version}, or a newer one, is in the cache` : null)
    })
  }

  get (name, callback) {
    if (unstorable(name)) return setImmediate(callback, null, -1, null) // it cannot be there
    this.command(null, PER_COMMAND + 4 * name.length, client => client.mget(keys(name)), (err, result) => {
      if (err) return callback(err)
      if (result[0] === null || result[1] === null) return callback(null, -1, null)
      callback(null, Number(result[0]), JSON.parse(result[1]))
    })
  }

  delete (name, callback) {
    if (unstorable(name)) return setImmediate(callback, null) // it cannot be there
    this.command(name, PER_COMMAND + 4 * name.length, client => client.del(keys(name)), callback)
  }

  // forget deletes a record if this is its value.
  forget (name, version, text) {
    this.command(name, PER_COMMAND + 2 * (2 * name.length + text.length), client => client.eval(DELETE_IF, 2, ...keys(name), version, text), () => {})
  }

  deleteBulk (names, callback) {
    const all = names.filter(name => !unstorable(name)).flatMap(keys)
    if (all.length === 0) return setImmediate(callback, null)
    this.command(null, PER_COMMAND + 4 * names.join().length, client => client.del(all), callback)
  }

  headBulk (names, callback) {
    this.command(null, PER_COMMAND + 2 * names.join().length, client => client.mget(names.map(name => keys(name)[0])), (err, result) => {
      if (err) return callback(err, {}, names)
      const versions = {}
      const missing = []
      names.forEach((name, i) => {
        if (result[i] === null || unstorable(name)) missing.push(name)
        else versions[name] = Number(result[i])
      })
      callback(null, versions, missing)
    })
  }

  // command sends one, which waits for a lost connection if there is room. The bytes are those in memory until the
  // answer. A change that is refused, or fails, leaves an outdated value behind, of the named record.
  command (name, bytes, send, callback) {
    if (!this.watch.ready && this.waitingBytes + bytes > this.maxWaitingBytes) {
      if (name !== null) this.suspectOne(name)
      return setImmediate(callback, 'the cache is away, and there is no room to wait for it')
    }
    this.waitingBytes += bytes
    send(this.connection.client).then(result => {
      this.waitingBytes -= bytes
      callback(null, result)
    }, err => {
      this.waitingBytes -= bytes
      if (name !== null) this.suspectOne(name)
      this.services.logger.warn('CACHE', `a command of ${bytes} bytes failed: ${err}`)
      callback(err.toString())
    })
  }

  suspectOne (name) {
    if (this.suspects.size < MAX_SUSPECTS) this.suspects.add(name)
    else this.suspectAll = true
    if (this.watch.ready) setImmediate(() => this.clear())
  }

  // suspect takes down what was set lately, when the connection is lost.
  suspect () {
    this.forgetOld()
    for (const name of this.written.keys()) this.suspectOne(name)
    this.written.clear()
  }

  forgetOld () {
    const oldest = Date.now() - LAG
    for (const [name, at] of this.written) {
      if (at >= oldest && this.written.size <= MAX_SUSPECTS) return
      this.written.delete(name)
    }
  }

  // clear takes out what may be outdated. The next who reads it asks the storage.
  clear () {
    if (!this.watch.ready || (this.suspects.size === 0 && !this.suspectAll)) return
    const { client } = this.connection
    const names = [...this.suspects]
    const all = this.suspectAll
    this.suspects.clear()
    this.suspectAll = false
    const failed = () => {
      for (const name of names) this.suspects.add(name)
      this.suspectAll = this.suspectAll || all
    }
    if (all) {
      client.flushdb().catch(failed)
      return
    }
    const step = 1000
    for (let i = 0; i < names.length; i += step) client.del(names.slice(i, i + step).flatMap(keys)).catch(failed)
  }

  async close () {
    clearInterval(this.prune)
    await this.watch.close()
  }
}

module.exports = Cache
