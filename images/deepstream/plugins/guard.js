'use strict'

// The server calls a write acknowledged whatever connectors answer, and one that it refuses itself too. A plugin
// cannot change that, so this patches the places where it does. Each is found by its name in the server's own
// files; one that is not there any more is said loudly, and fails the build of the image (check.js).

const path = require('node:path')
const clients = require('./clients')
const { updateError } = require('./common')

// serverDirectory is where the server that runs in this process has its files: beside the directory of its command.
const serverDirectory = () => path.join(path.dirname(require.main ? require.main.filename : process.argv[1]), '..')

// senders are those who asked for an acknowledgement, by their message. The server looks for them in the step that runs by
// the time the answer comes, which may be another client's.
const senders = new WeakMap()

const OTHERWISE = 'WRITES THAT FAIL WILL BE ACKNOWLEDGED'

const places = [
  {
    file: 'src/handlers/record/record-transition.js',
    find: exports => exports.RecordTransition.prototype,
    method: 'setUpWriteAcknowledgement',
    patch: (constants, original) => function (message, socket) {
      senders.set(message, socket)
      return original.call(this, message, socket)
    }
  },
  // A write in a transition: an error of cache or storage counts as an answer like any other.
  {
    file: 'src/handlers/record/record-transition.js',
    find: exports => exports.RecordTransition.prototype,
    method: 'handleWriteAcknowledgement',
    patch: (constants, original) => function (error, current, message) {
      const socket = senders.get(message) || current
      if (!error) return original.call(this, error, socket, message)
      const waiting = this.writeAckSockets.get(socket)
      if (!waiting || waiting[message.correlationId] === undefined) return
      delete waiting[message.correlationId]
      if (Object.keys(waiting).length === 0) this.writeAckSockets.delete(socket)
      socket.sendMessage(updateError(constants, message.name, message.correlationId))
    }
  },
  // A transition that ends because the record is deleted, here or elsewhere, drops the writes that it has not begun, and
  // nobody hears of it.
  {
    file: 'src/handlers/record/record-transition.js',
    find: exports => exports.RecordTransition.prototype,
    method: 'destroy',
    patch: (constants, original) => function (error) {
      const dropped = this.isDestroyed || error ? [] : this.steps
      const result = original.call(this, error)
      for (const { sender, message } of dropped) {
        if (message.isWriteAck && !sender.isRemote) sender.sendMessage(updateError(constants, message.name, message.correlationId))
      }
      return result
    }
  },
  // So does one that cannot read the record; another error tells all of them.
  {
    file: 'src/handlers/record/record-transition.js',
    find: exports => exports.RecordTransition.prototype,
    method: 'onCacheRequestError',
    patch: () => function () { this.onFatalError(`cannot read ${this.name}`) }
  },
  // A write past transitions (record.storageHotPathPrefixes): the error is not looked at, and the acknowledgement is not
  // marked as one, so that clients take it for a message that nobody asked for.
  {
    file: 'src/handlers/record/record-handler.js',
    find: exports => exports.default.prototype,
    method: 'handleForceWriteAcknowledgement',
    patch: constants => function (socket, message, cached, stored, error) {
      if (!cached || !stored) return
      const { name, correlationId } = message
      const { TOPIC, RECORD_ACTION } = constants
      const done = { topic: TOPIC.RECORD, action: RECORD_ACTION.WRITE_ACKNOWLEDGEMENT, name, correlationId, isWriteAck: true }
      socket.sendMessage(error ? updateError(constants, name, correlationId) : done)
    }
  },
  // What is refused before it is tried, a version or data that cannot be, goes out as an acknowledgement that is no error. A
  // conflict (VERSION_EXISTS) clients know without.
  {
    file: 'src/connection-endpoint/base/socket-wrapper.js',
    find: exports => exports.WSSocketWrapper.prototype,
    method: 'sendMessage',
    patch: ({ TOPIC, RECORD_ACTION }, original) => function (message, ...rest) {
      const { topic, action } = message
      if (topic === TOPIC.RECORD && action >= RECORD_ACTION.CACHE_RETRIEVAL_TIMEOUT && action !== RECORD_ACTION.VERSION_EXISTS) {
        message.isError = true // of actions, errors have the highest numbers
      }
      return original.call(this, message, ...rest)
    }
  }
]

const patched = new Set()
const all = [...places, ...clients.places]

// install patches the server, once a process, and returns the places that it did not find.
function install (logger, directory = serverDirectory()) {
  const missing = []
  for (const place of all) {
    const file = path.join(directory, place.file)
    const name = `${file} ${place.method}`
    if (patched.has(name)) continue
    try {
      const constants = require(path.join(directory, 'src/constants.js'))
      const owner = place.find(require(file))
      const original = owner[place.method]
      if (typeof original !== 'function') throw new Error(`there is no ${place.method}`)
      const known = ['WRITE_ACKNOWLEDGEMENT', 'CACHE_RETRIEVAL_TIMEOUT', 'VERSION_EXISTS', 'RECORD_UPDATE_ERROR', 'INVALID_VERSION']
      for (const action of known) if (!constants.RECORD_ACTION[action]) throw new Error(`there is no action ${action}`)
      owner[place.method] = place.patch(constants, original)
      patched.add(name)
    } catch (err) {
      missing.push(`${place.file} ${place.method}`)
      logger.error('GUARD', `${place.otherwise || OTHERWISE}: cannot patch ${place.file}, ${place.method}: ${err.message}`)
    }
  }
  return missing
}

module.exports = { install }
