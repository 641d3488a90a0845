// Package progress shows what deployments are doing, several stacks in one view.
//
// Events are folded into a Tree, which is plain data: stacks, their tiers, what is under way and what failed. Three
// renderers show it: a terminal view that is redrawn in place, plain lines for logs and pipes, and JSON with one event
// a line. The package knows neither the engine nor AWS and reads no clock: events carry their time, and whoever owns a
// View ticks it.
package progress
