// Package engine finds, builds and runs the Pulumi command line: which binary, with which environment, in which
// process group, and how it is interrupted. It knows nothing of stacks and plans; that is package deploy's.
package engine
