'use strict'

// What plugins share.

// Backoff doubles from 0.1 to 3 s, half of it random, so that a fleet does not come back in step.
class Backoff {
  constructor (first = 100, most = 3000) {
    this.first = first
    this.most = most
    this.reset()
  }

  reset () { this.attempt = 0 }

  // next is the milliseconds until the next attempt.
  next () {
    const full = Math.min(this.most, this.first * 2 ** this.attempt++)
    return full / 2 + Math.random() * full / 2
  }

  wait () { return new Promise(resolve => setTimeout(resolve, this.next())) }
}

// unstorable says why a record of this name can be kept neither in the cache nor in the database, or null. Half of a
// surrogate pair becomes the same replacement character as any other, so that names that differ would share a value;
// PostgreSQL's text has no zero character.
function unstorable (name) {
  if (typeof name !== 'string' || name === '') return 'a record must have a name'
  if (name.includes('\0')) return 'a record\'s name must not contain a zero character'
  if (!name.isWellFormed()) return 'a record\'s name must be well-formed Unicode'
  return null
}

// updateError is how the server tells a client that a write which it wants to hear of failed.
const updateError = ({ TOPIC, RECORD_ACTION }, name, correlationId) => ({
  topic: TOPIC.RECORD, action: RECORD_ACTION.RECORD_UPDATE_ERROR, name, correlationId, isWriteAck: true, isError: true
})

module.exports = { Backoff, unstorable, updateError }
