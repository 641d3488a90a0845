// Package harness brings up ephemeral stacks for tests: the real engine, the program that production runs, and an
// offline AWS of the test's own. Every stack has a unique name, lives in temporary folders and is torn down at the
// end of its test, whatever became of the test.
package harness
