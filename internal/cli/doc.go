// Package cli is the operator's command line, one file a command.
//
// Every command walks the same phases: parse the arguments, validate the configuration of all stacks, judge, ask,
// execute, say what comes next. Nothing is started or touched before validation has ended. Data goes to stdout, talk
// to stderr.
//
// Errors carry what to do about them and the process's exit code in two optional methods, Advice() string and
// ExitCode() int, which main reads once. The codes: 1 a failure, 2 wrong usage or configuration, 3 refused by a gate,
// 4 a stack that another operation has locked, 130 interrupted.
package cli
