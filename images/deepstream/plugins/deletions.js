'use strict'

// Which records other servers are about to delete. A server that cannot reach the database deletes later; what is read or
// stored meanwhile by the others would be the record as it was, or a new one, which the late deletion takes along although
// it was acknowledged. So they wait until the deletion is over.

// Where a server tells the others which record it is about to delete, and that it has, or has given up.
const DELETING = 'storage-deleting'
const DELETED = 'storage-deleted'

// Milliseconds after which nobody waits any more for a server that has not left and says nothing: its message was lost.
const LONGEST = 60000

class Deletions {
  // over is called with the name of a record for which nobody needs to wait any longer, heard with each that is announced.
  constructor ({ clusterNode, clusterRegistry }, { heard, over }) {
    this.clusterNode = clusterNode
    this.over = over
    this.records = new Map() // name → { servers, timer, promise, resolve }
    this.count = 0 // of the deletions announced here
    this.past = new Set() // deletions that are over
    clusterNode.subscribe(DELETING, ({ name, id }, server) => {
      // The bus may say again what was said before, and by then the record may be a new one.
      if (this.past.has(`${server} ${id}`)) return
      this.wait(name, server)
      heard(name)
    })
    clusterNode.subscribe(DELETED, ({ name, id }, server) => {
      this.past.add(`${server} ${id}`)
      setTimeout(() => this.past.delete(`${server} ${id}`), LONGEST).unref()
      this.end(name, server)
    })
    clusterRegistry.onServerRemoved(server => {
      for (const name of [...this.records.keys()]) this.end(name, server)
    })
  }

  // announce returns what to call when the deletion is over.
  announce (name) {
    const id = ++this.count
    this.clusterNode.send({ topic: DELETING, name, id })
    return () => this.clusterNode.send({ topic: DELETED, name, id })
  }

  // until is a promise that resolves when no other server is deleting the record, or null if none is.
  until (name) {
    const record = this.records.get(name)
    return record ? record.promise : null
  }

  wait (name, server) {
    let record = this.records.get(name)
    if (!record) {
      record = { servers: new Set() }
      record.promise = new Promise(resolve => { record.resolve = resolve })
      this.records.set(name, record)
    }
    record.servers.add(server)
    clearTimeout(record.timer)
    record.timer = setTimeout(() => this.release(name, record), LONGEST)
    record.timer.unref()
  }

  end (name, server) {
    const record = this.records.get(name)
    if (record && record.servers.delete(server) && record.servers.size === 0) this.release(name, record)
  }

  release (name, record) {
    clearTimeout(record.timer)
    this.records.delete(name)
    record.resolve()
    this.over(name)
  }

  close () {
    for (const { timer } of this.records.values()) clearTimeout(timer)
  }
}

module.exports = { Deletions }
