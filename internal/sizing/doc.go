// Package sizing derives a region's numbers from one input: how many connections it holds at its peak, and how many
// reconnects a second are acceptable. It is pure: no Pulumi, no configuration, no clock.
//
// # The model
//
// Whatever ends sockets, a deployment, a host that dies, a zone that fails, their clients come back at once: deepstream's
// JavaScript client tries again immediately, without jitter, and gives up after ClientPatienceSeconds. So no more
// connections may end together than the platform takes back within that time:
//
//	budget = reconnects per second x the client's patience
//
// From the budget follows, in this order:
//
//   - how many connections a task may hold: what its memory and its one CPU thread carry, and never so many that the
//     tasks of one full host hold more than the budget;
//   - how many tasks run at the peak: so many, alike in every zone, that those left hold everything when a zone fails;
//   - how many tasks a deployment replaces at once, and with it how fast a leaving task closes its sockets, how long
//     that takes, and every timeout that has to be longer than that.
//
// A task leaves in this order: the load balancer takes its target out, the task notices, closes its sockets at its pace,
// and is done before the deregistration delay cuts what is left; then ECS tells it to stop, it stores what is pending,
// and is gone before the stop timeout kills it. A task that is stopped without notice does all of that within the stop
// timeout.
//
// Plan.Chain is the proof: every inequality that has to hold among the numbers, with its reason and its source.
package sizing
