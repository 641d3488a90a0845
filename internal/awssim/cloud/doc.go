// Package cloud is the offline AWS: a store of resources, the rules by which AWS accepts, refuses and computes, and
// the errors it answers with. One Kind describes one resource type; everything that holds for all types (references,
// deletion of what is still used, quotas, persistence) lives here once. It knows nothing of Pulumi: inputs and
// states are plain trees of nil, bool, float64, string, []any and map[string]any under the property names of the
// type's schema.
//
// A rule carries its source; docs/offline-aws.md, generated from this package, lists them all and says what "facts"
// followed by a number means.
package cloud
