'use strict'

// Which records other servers are about to delete. A server that cannot reach the database deletes later; what is read or
// stored meanwhile by the others would be the record as it was, or a new one, which the late deletion takes along although
// it was acknowledged. So they wait until the deletion is over.

// Where a server tells the others which record it is about to delete, and that it has, or has given up.
const DELETING = 'storage-deleting'
const DELETED = 'storage-deleted'

// Milliseconds. A server says again and again that it still has to delete. Nobody waits any more for one that has not left
// and says nothing: its last message was lost.
const AGAIN = 10000
const LONGEST = 30000
const REMEMBERED = 60000 // how long a deletion that is over is told from a new one

class Deletions {
  // over is called with the name of a record for which nobody needs to wait any longer, heard with each that is announced.
  constructor ({ clusterNode, clusterRegistry }, { heard, over }) {
    this.clusterNode = clusterNode
    this.over = over
    this.records = new Map() // name → { deletions: Map of deletion → server, timer, promise, resolve }
    this.count = 0 // of the deletions announced here
    this.past = new Set() // deletions that are over
    clusterNode.subscribe(DELETING, ({ name, id }, server) => {
      const deletion = `${server} ${id}`
      // The bus may say again what was said before, and by then the record may be a new one.
      if (!this.past.has(deletion) && this.wait(name, deletion, server)) heard(name)
    })
    clusterNode.subscribe(DELETED, ({ name, id }, server) => {
      const deletion = `${server} ${id}`
      this.past.add(deletion)
      setTimeout(() => this.past.delete(deletion), REMEMBERED).unref()
      this.end(name, deletion)
    })
    clusterRegistry.onServerRemoved(server => {
      for (const [name, { deletions }] of [...this.records]) {
        for (const [deletion, by] of [...deletions]) if (by === server) this.end(name, deletion)
      }
    })
  }

  // announce returns what to call when the deletion is over.
  announce (name) {
    const id = ++this.count
    const say = topic => this.clusterNode.send({ topic, name, id })
    say(DELETING)
    const again = setInterval(say, AGAIN, DELETING).unref()
    return () => {
      clearInterval(again)
      say(DELETED)
    }
  }

  // until is a promise that resolves when no other server is deleting the record, or null if none is.
  until (name) {
    const record = this.records.get(name)
    return record ? record.promise : null
  }

  // wait returns whether the deletion was not known yet.
  wait (name, deletion, server) {
    let record = this.records.get(name)
    if (!record) {
      record = { deletions: new Map() }
      record.promise = new Promise(resolve => { record.resolve = resolve })
      this.records.set(name, record)
    }
    const unknown = !record.deletions.has(deletion)
    record.deletions.set(deletion, server)
    clearTimeout(record.timer)
    record.timer = setTimeout(() => this.release(name, record), LONGEST)
    record.timer.unref()
    return unknown
  }

  end (name, deletion) {
    const record = this.records.get(name)
    if (record && record.deletions.delete(deletion) && record.deletions.size === 0) this.release(name, record)
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
