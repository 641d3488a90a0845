// Package handbook writes docs/tiers.md from the code: the resources that the engine plans, the configuration's fields with
// their comments, and the rules by which configuration is refused. What no code knows, why a resource is there, stands in
// without.txt, one line a resource; the tests of the package tests hold both to each other.
package handbook
