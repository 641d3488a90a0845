// Package recovery decides what became of the operations that a killed engine had under way, and what the state has to
// say of them.
//
// The engine writes into the state that it is about to create, update or delete something before it calls the provider
// (pulumi/pkg/backend/snapshot.go: every begin of a mutation is saved at once), and takes the note out again with the
// result. What a kill leaves is such a note: a pending operation, whose outcome only the cloud knows. The engine itself
// repeats a pending creation, under a new name where the provider chooses it, and forgets what the first call made.
//
// So before anything else happens to the stack, each thing that may exist is looked for the way its type allows (see
// table.go), read through the provider, held against what the interrupted call had asked for, and put into the state.
// What is not there leaves no trace. This package does the deciding on plain values; package deploy does the reading.
package recovery
