package settings

// What the account's roles, policies and folders in IAM are called. The region stacks look for the boundary under this
// path and name.
const (
	Path         = "/deepstreamhub/"
	BoundaryName = "deepstreamhub-boundary"
	DeployRoles  = "deepstreamhub-deploy-" // one for each stack, which is also its environment
	ShortRole    = "deepstreamhub-ephemeral"
	ImagesRole   = "deepstreamhub-images"
	PreviewRole  = "deepstreamhub-preview"
	DriftRole    = "deepstreamhub-drift"
	SessionsKey  = "alias/deepstreamhub-sessions"
	SessionsLog  = "/deepstreamhub/sessions"
)

// ReplicaBucket is the name of the bucket that holds the state's copy.
func ReplicaBucket(account string) string { return "deepstreamhub-state-copy-" + account }

// TrailBucket is the name of the bucket that CloudTrail writes into.
func TrailBucket(account string) string { return "deepstreamhub-trail-" + account }
