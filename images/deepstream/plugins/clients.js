'use strict'

// What clients send, and who is there. The server permits some messages by one name and carries them out by another, and
// ends with an exception that a message makes it throw. Like guard.js this patches the places where it does.

const { updateError } = require('./common')

const MAY = 'CLIENTS MAY DO WHAT THEY ARE NOT PERMITTED'
const ENDS = 'A CLIENT CAN END THE SERVER'
const WRONG = 'PRESENCE AND SUBSCRIPTIONS WILL BE WRONG'
const LINES = 'CLIENTS MAY WRITE LINES OF THE LOG'

// Elements that paths of one write may name in arrays. Those in between come into being too.
const MAX_INDEXES = 1000000

const LONGEST_LINE = 4000 // characters

// ambiguous says whether permission would be asked for something else than what is done. Of a message with names the
// server asks for these, whatever the action; an update with a path is judged as the whole record, and is a patch; a patch
// without one is judged as a patch, and is the whole record. No client's library sends any of these.
function ambiguous ({ RECORD_ACTION, TOPIC }, { topic, action, name, names, path }) {
  if (name !== undefined && names && names.length > 0) return true
  if (topic !== TOPIC.RECORD) return false
  if (path !== undefined) return path === '' || action === RECORD_ACTION.UPDATE
  return action === RECORD_ACTION.PATCH || action === RECORD_ACTION.ERASE
}

// makeWay takes out a null where a path goes on, as clients do with their own copy.
function makeWay (root, path) {
  const tokens = path.split(/[.[\]]/).map(token => token.trim()).filter(token => token !== '')
  let node = root
  for (const token of tokens.slice(0, -1)) {
    if (typeof node !== 'object') return
    if (node[token] === null) node[token] = undefined // where the server makes what is needed
    node = node[token]
  }
}

const escaped = character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const places = [
  // Whose message the server cannot take is cut, and nobody else. Data that is no JSON would be passed on to clients that it ends.
  {
    file: 'src/utils/message-processor.js',
    find: exports => exports.default.prototype,
    method: 'process',
    otherwise: MAY,
    patch: (constants, original) => function (socket, messages) {
      for (const message of messages) {
        if (ambiguous(constants, message)) {
          this.processInvalidResponse(socket, message, null, false)
          continue
        }
        try {
          if (message.data !== undefined) JSON.parse(message.data)
          original.call(this, socket, [message])
        } catch (err) {
          this.services.logger.error('CLIENTS', `a message of ${JSON.stringify(socket.userId)} cannot be taken: ${JSON.stringify(err.stack)}`)
          socket.destroy()
          return
        }
      }
    }
  },
  // Of several names, what is denied is left out. The server leaves out the last one instead, whichever that is.
  {
    file: 'src/utils/message-processor.js',
    find: exports => exports.default.prototype,
    method: 'onBulkPermissionResponse',
    otherwise: MAY,
    patch: () => function (socket, message, { originalMessage, uuid }, error, allowed) {
      const bulk = this.bulkResults.get(uuid)
      bulk.permitted = bulk.permitted || []
      if (error === null && allowed) bulk.permitted.push(message.name)
      else this.processInvalidResponse(socket, message, error, allowed)
      if (++bulk.completed < bulk.total) return
      this.bulkResults.delete(uuid)
      if (bulk.permitted.length > 0) this.onAuthenticatedMessage(socket, { ...originalMessage, names: bulk.permitted })
    }
  },
  // What a rule answers is taken for a no if it is false, and null or undefined for a yes; and a rule that cannot have its
  // data answers twice, first with the error.
  {
    file: 'src/services/permission/valve/config-permission.js',
    find: exports => exports.ConfigPermission.prototype,
    method: 'canPerformAction',
    otherwise: MAY,
    patch: (constants, original) => function (socket, message, callback, passItOn) {
      let answered = false
      original.call(this, socket, message, (to, about, passed, error, allowed) => {
        if (answered) return
        answered = true
        callback(to, about, passed, error, Boolean(allowed))
      }, passItOn)
    }
  },
  // Its callers know what to do with an error that is returned.
  {
    file: 'src/connection-endpoint/websocket/binary/socket-wrapper-factory.js',
    find: exports => exports.WSBinarySocketWrapper.prototype,
    method: 'parseData',
    otherwise: ENDS,
    patch: (constants, original) => function (message) {
      try {
        return original.call(this, message)
      } catch (err) {
        return err
      }
    }
  },
  {
    file: 'src/utils/json-path.js',
    find: exports => exports,
    method: 'setValue',
    otherwise: ENDS,
    patch: (constants, original) => function (root, path, value) {
      const indexes = (path.match(/\d+(?=\])/g) || []).reduce((sum, index) => sum + Number(index), 0)
      if (indexes > MAX_INDEXES) throw new Error(`a path must not name more than ${MAX_INDEXES} elements`)
      makeWay(root, path)
      return original(root, path, value)
    }
  },
  // A step that cannot be made is refused, with those that wait behind it.
  {
    file: 'src/handlers/record/record-transition.js',
    find: exports => exports.RecordTransition.prototype,
    method: 'next',
    otherwise: ENDS,
    patch: (constants, original) => function () {
      try {
        original.call(this)
      } catch (err) {
        const { sender, message } = this.currentStep
        if (message.isWriteAck) sender.sendMessage(updateError(constants, message.name, message.correlationId))
        this.onFatalError(`cannot write ${this.name}: ${err.message}`)
      }
    }
  },
  // Whoever the webhook calls by a number is who the rules call by the same text, and nobody has a name that is neither.
  {
    file: 'src/services/authentication/combine/combine-authentication.js',
    find: exports => exports.CombineAuthentication.prototype,
    method: 'isValidUser',
    otherwise: ENDS,
    patch: (constants, original) => function (connection, authData, callback) {
      return original.call(this, connection, authData, (allowed, user) => {
        if (user && typeof user.id === 'number') user.id = String(user.id)
        const named = !user || user.id === undefined || user.id === null || typeof user.id === 'string'
        callback(allowed && named, named ? user : undefined)
      })
    }
  },
  // Somebody who left while the webhook was asked would stay for ever.
  {
    file: 'src/connection-endpoint/base/connection-endpoint.js',
    find: exports => exports.default.prototype,
    method: 'registerAuthenticatedSocket',
    otherwise: WRONG,
    patch: (constants, original) => function (socket, userData) {
      if (!socket.isClosed) original.call(this, socket, userData)
    }
  },
  // How often something is there on this server is counted from one again once it was gone from here, though not from
  // another server.
  {
    file: 'src/services/cluster-state/distributed-state-registry.js',
    find: exports => exports.DistributedStateRegistry.prototype,
    method: 'add',
    otherwise: WRONG,
    patch: (constants, original) => function (name) {
      const entry = this.data.get(name)
      if (entry && !entry.nodes.has(this.config.serverName)) entry.localCount = 1
      original.call(this, name)
    }
  },
  // What clients say goes into the log. A line of theirs could be a metric (metrics.js), and a request without a login could
  // be as long a line as it is itself.
  {
    file: 'src/services/logger/std/std-out-logger.js',
    find: exports => exports.StdOutLogger.prototype,
    method: 'log',
    otherwise: LINES,
    patch: (constants, original) => function (level, namespace, event, message, metaData) {
      const text = String(message)
      const kept = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}...` : text
      original.call(this, level, namespace, event, kept.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, escaped), metaData)
    }
  }
]

module.exports = { places }
