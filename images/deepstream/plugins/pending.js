'use strict'

// What is not stored yet: for each record the newest change, with everybody who waits for it. One write at a time is on
// its way for a record; what comes meanwhile waits behind it.

// What a waiting callback and an entry cost besides the text, in bytes; a callback keeps its message alive.
const PER_CALLBACK = 128
const PER_RECORD = 256

class Pending {
  constructor (maxBytes) {
    this.maxBytes = maxBytes
    this.bytes = 0
    this.records = new Map() // name → { waiting, running }, each a write or null
    this.queue = new Set() // names whose waiting write may start, the oldest first
  }

  get size () { return this.records.size }

  // add takes a change, or returns why not.
  add (name, change, callback) {
    let record = this.records.get(name)
    const waiting = record && record.waiting
    const before = this.latest(name)
    if (before && before.text !== null && change.text !== null && change.version < before.version) {
      return `version ${before.version} waits to be stored`
    }
    // After a deletion the record begins anew, at a version below that of the row which may still be there.
    change.anew = Boolean(before) && change.text !== null && (before.text === null || before.anew)
    const size = cost(name, change)
    const added = size + PER_CALLBACK - (waiting ? cost(name, waiting.change) : 0)
    if (this.bytes + added > this.maxBytes) return `${this.records.size} writes wait for the database, and there is no room for more`
    if (!record) this.records.set(name, record = { waiting: null, running: null })
    if (waiting) {
      waiting.change = change
      waiting.callbacks.push(callback)
    } else {
      record.waiting = { name, change, callbacks: [callback], since: Date.now() }
      if (!record.running) this.queue.add(name)
    }
    this.bytes += added
    return null
  }

  // latest is the newest change of a record, or undefined.
  latest (name) {
    const record = this.records.get(name)
    if (!record) return undefined
    return (record.waiting || record.running).change
  }

  // changes are those of a record that are not stored yet.
  changes (name) {
    const { waiting, running } = this.records.get(name) || {}
    return [running, waiting].filter(Boolean).map(write => write.change)
  }

  // overtake turns what waits for a record, or will be stored in a moment, into its deletion, and says whether there
  // was anything. Whoever waited for it hears that the write was overtaken.
  overtake (name) {
    const record = this.records.get(name)
    if (!record || this.latest(name).text === null) return false
    const change = { version: null, text: null }
    if (record.waiting) {
      const { waiting } = record
      const overtaken = waiting.callbacks
      this.bytes += cost(name, change) - cost(name, waiting.change) - overtaken.length * PER_CALLBACK
      waiting.change = change
      waiting.callbacks = []
      for (const callback of overtaken) callback('the record was deleted meanwhile')
    } else {
      record.waiting = { name, change, callbacks: [], since: Date.now() }
      this.bytes += cost(name, change)
    }
    return true
  }

  // next is a write to start, or null.
  next () {
    for (const name of this.queue) {
      this.queue.delete(name)
      const record = this.records.get(name)
      record.running = record.waiting
      record.waiting = null
      return record.running
    }
    return null
  }

  // done ends a write and tells who waited for it.
  done (write, error) {
    const { name } = write
    const record = this.records.get(name)
    this.bytes -= cost(name, write.change) + write.callbacks.length * PER_CALLBACK
    record.running = null
    if (record.waiting) {
      if (!error) record.waiting.change.anew = false // it comes after what is now stored
      this.queue.add(name)
    } else {
      this.records.delete(name)
    }
    for (const callback of write.callbacks) callback(error)
  }

  // fail ends a write in whose place another server's is stored, and with it what waits behind, which was made of it. It
  // returns the newest change that ended.
  fail (write, error) {
    const record = this.records.get(write.name)
    const { waiting } = record
    let newest = write.change
    if (waiting && waiting.change.text !== null && !waiting.change.anew) {
      record.waiting = null
      this.bytes -= cost(write.name, waiting.change)
      write.callbacks.push(...waiting.callbacks)
      newest = waiting.change
    }
    this.done(write, error)
    return newest
  }

  // again puts a write back that did not succeed, in front; what came meanwhile for its record takes its place.
  again (write) {
    const { name } = write
    const record = this.records.get(name)
    record.running = null
    if (record.waiting) {
      this.bytes -= cost(name, write.change)
      write.change = record.waiting.change
      write.callbacks.push(...record.waiting.callbacks)
    }
    record.waiting = write
    this.queue = new Set([name, ...this.queue])
  }

  // delay keeps a record's write from being started, until resume.
  delay (write) { this.queue.delete(write.name) }

  resume (name) {
    const record = this.records.get(name)
    if (record && record.waiting && !record.running) this.queue.add(name)
  }
}

const cost = (name, change) => PER_RECORD + 2 * name.length + (change.text === null ? 0 : 2 * change.text.length)

module.exports = { Pending }
