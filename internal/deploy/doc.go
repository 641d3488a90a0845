// Package deploy runs one stack's deployment through the Pulumi engine and tells of it in plain types. It is the only
// package that imports Pulumi's Automation API.
//
// The engine itself, how it is found, the environment it gets and how it is interrupted, is package engine's.
//
// Errors that leave this package, package engine and package gate may carry two optional interfaces. The command line
// reads them once, in main, by errors.As:
//
//	interface{ Advice() string }   // what the operator can do about it: whole sentences, may span lines, may be empty
//	interface{ ExitCode() int }    // the exit code of the process; 1 when absent
//
// The exit codes are 1 for a failure, 3 for a refusal (package gate), 4 for a stack that another operation has locked, 5
// for drift (package drift) and 130 for an interrupt. Package cli adds 2 for a command line or configuration that cannot
// be run, and 6 for a region that does not work.
package deploy
