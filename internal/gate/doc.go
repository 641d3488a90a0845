// Package gate judges: may this operation run? Each gate is a pure function over a plan or a checkpoint that returns
// nil or a typed error saying what it refuses and why. Gates refuse by default and never ask the program, whose
// word may be newer than what the state holds.
//
// A gate's error carries Advice and ExitCode as package deploy describes; the exit code of a refusal is Refused.
package gate

// Refused is the exit code of a refusal.
const Refused = 3
