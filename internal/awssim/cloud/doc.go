// Package cloud is the core of the offline AWS: an account's resources, how calls to AWS go (attempts, repetitions, the time that
// passes), references and what is still in use, quotas, faults, and what is kept between commands. It knows no service: types and
// functions are registered, and what it asks all services together is in Services. Nor does it know Pulumi: inputs and states are
// plain trees of nil, bool, float64, string, []any and map[string]any under the property names of the type's schema.
package cloud
