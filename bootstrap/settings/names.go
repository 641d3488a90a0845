package settings

// What the account's roles, policies and folders in IAM are called. The region stacks look for the boundary under this
// path and name.
const (
	Path         = "/deepstreamhub/"
	BoundaryName = "deepstreamhub-boundary"
	DeployRole   = "deepstreamhub-deploy"
	PreviewRole  = "deepstreamhub-preview"
	SessionsKey  = "alias/deepstreamhub-sessions"
	SessionsLog  = "/deepstreamhub/sessions"
)

// ReplicaBucket is the name of the bucket that holds the state's copy.
func ReplicaBucket(account string) string { return "deepstreamhub-state-copy-" + account }

// TrailBucket is the name of the bucket that CloudTrail writes into.
func TrailBucket(account string) string { return "deepstreamhub-trail-" + account }
