// Package services holds what the offline AWS knows of each service: by resource type the rules by which AWS accepts, refuses and
// computes, and what services do by themselves, such as starting tasks, taking recovery points and deciding by IAM's policies. One
// cloud.Kind describes one type.
//
// A rule carries its source; docs/offline-aws.md, generated from this package, lists them all and says what "facts"
// followed by a number means.
package services
