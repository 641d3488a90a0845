package cloud

// Services is what the services of AWS know together and this package, which knows none of them, asks them for.
type Services struct {
	// Declare puts into a new cloud what its account has from the start.
	Declare func(t *Tx)
	// Requests are what IAM is asked about one operation on a resource.
	Requests func(t *Tx, v Verb, r *Resource, inputs Map) []Access
	// Lookups are what IAM is asked about a call of a provider function.
	Lookups func(region, token string) []Access
}

// services are those of AWS, once its package is part of the program.
var services Services

// Serve makes the services known.
func Serve(s Services) struct{} {
	services = s
	return struct{}{}
}
